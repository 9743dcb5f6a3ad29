"""Technical indicators, daily and within a session."""
