"""What the owner is told of: kinds of alerts, and when each is sent."""
