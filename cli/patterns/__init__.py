"""`inplay patterns`."""
