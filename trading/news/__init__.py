"""News: articles, their cleaning, duplicates, tickers, sentiment and kind of catalyst. Pure: no file, no network."""
