"""This machine: its lock, memory and disk, and what a run on it is at."""
