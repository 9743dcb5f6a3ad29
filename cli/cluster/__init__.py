"""`inplay cluster`."""
