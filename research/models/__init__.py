"""Models on record: what each was, what it is worth, and how its role changes."""
