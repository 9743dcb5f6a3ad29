"""Digests of a day or a week, claims that can be run again, taxes."""
