"""Patterns in bars, one family a module."""
