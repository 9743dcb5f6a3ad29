"""A backtest over the record: read once, never written to."""
