"""Watching: whether what decides is still what was judged, and which version should decide."""
