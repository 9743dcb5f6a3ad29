"""Risk: which view decides, how much it may cost, and when trading stops."""
