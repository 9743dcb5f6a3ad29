"""`inplay evaluate models`, `trials`, `seal`, `bar` and `look`: what was tried, and what nobody may look at yet."""
