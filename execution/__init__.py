"""The book at a broker: ordered for, settled, reconciled, closed."""
