"""One metric a file: its function, its source, its row. `registry.py` lists the rows."""
