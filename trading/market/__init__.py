"""The market's context and regime."""
