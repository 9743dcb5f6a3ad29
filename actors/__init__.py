"""What runs all day: one thin Ray actor per service, and the one place that wires them together."""
