"""Fitting models, here or on Ray, and writing their files."""
