"""`inplay run`."""
