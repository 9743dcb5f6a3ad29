"""Models as files, loaded to score."""
