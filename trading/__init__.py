"""The domain, pure: bars, indicators, patterns, catalysts, risk, orders, ledger, metrics. No I/O, Ray or clock."""
