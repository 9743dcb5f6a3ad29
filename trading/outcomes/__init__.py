"""What became of a pattern or a setup: the labels."""
