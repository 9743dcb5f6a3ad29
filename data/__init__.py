"""What comes in is judged, kept, moved and proven."""
