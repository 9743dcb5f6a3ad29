"""Brokers behind the port of `trading.broker`."""
