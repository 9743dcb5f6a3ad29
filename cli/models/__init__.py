"""`inplay models`."""
