"""What machines cost, as the node provider noted it."""
