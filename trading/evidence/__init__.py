"""What patterns are worth: the log, conditions, statistics and their significance."""
