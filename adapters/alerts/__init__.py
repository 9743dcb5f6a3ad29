"""Services that carry messages to the owner."""
