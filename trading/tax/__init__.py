"""Tax lots and wash sales."""
