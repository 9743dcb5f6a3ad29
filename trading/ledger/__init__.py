"""The journal: entries, their chain, and their audit."""
