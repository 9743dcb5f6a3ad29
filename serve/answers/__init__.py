"""What the HTTP interface answers, as classes alone: a client reads it without what the interface is made of."""
