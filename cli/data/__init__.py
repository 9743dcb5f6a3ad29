"""`inplay data`."""
