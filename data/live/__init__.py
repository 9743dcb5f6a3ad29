"""Bars as they are made: heard, kept, and closed session by session."""
