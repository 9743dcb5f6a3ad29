"""The outside world behind small ports: market data, news, PostgreSQL, Parquet, settings, clock."""
