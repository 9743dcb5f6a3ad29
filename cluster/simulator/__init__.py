"""A simulated DigitalOcean: state, latency, limits, prices and faults of its API, judged by its own specification."""
