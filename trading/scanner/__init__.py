"""Stocks in play, at a close and within a session."""
