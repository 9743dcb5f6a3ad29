"""Market data feeds: history page by page, and bars as they are made."""
