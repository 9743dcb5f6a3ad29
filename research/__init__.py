"""Questions to the record: scans, backtests, statistics, explanations."""
