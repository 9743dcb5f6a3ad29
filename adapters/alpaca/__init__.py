"""Alpaca: market data, news and orders, over HTTP and streams."""
