"""Orders that wait for the owner's yes: what is asked, what is answered, and links that carry the answer."""
