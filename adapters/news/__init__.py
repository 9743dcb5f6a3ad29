"""News from feeds and files."""
