"""The three tiers of bars: which file belongs where by its age, how it gets there, and what lies where."""
