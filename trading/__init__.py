"""The domain, pure: bars, indicators, patterns, catalysts, regime, risk, orders, ledger, metrics. No I/O, no clock."""
