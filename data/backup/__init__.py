"""Backups: made, verified by restoring them, thinned out, and restored."""
