"""Bars of past sessions, fetched page by page."""
