"""The strategy's success criteria, each with its query and what the record answers."""
