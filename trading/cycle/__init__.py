"""One cycle: the stages of a session, in order, over services."""
