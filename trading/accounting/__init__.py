"""What the platform costs and earns, after everything."""
