"""`inplay import`."""
