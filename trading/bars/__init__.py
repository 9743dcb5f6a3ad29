"""Bars: panels of sessions and of minutes, their history as known at a close, splits and breaks."""
