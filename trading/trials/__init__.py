"""What was tried on which sessions, how many attempts that makes, and spans that nobody may look at yet."""
