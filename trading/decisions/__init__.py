"""From scored candidates to orders."""
