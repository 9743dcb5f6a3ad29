"""Training sets and their splits in time."""
