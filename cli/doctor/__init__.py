"""`inplay doctor`."""
