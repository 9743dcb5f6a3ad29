"""News on record: imported, followed, read for sentiment, known at a time."""
