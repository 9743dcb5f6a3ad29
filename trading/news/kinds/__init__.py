"""What kind of event a text tells of, by rule."""
