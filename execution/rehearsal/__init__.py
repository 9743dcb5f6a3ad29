"""Sessions against a simulated broker with planted faults."""
