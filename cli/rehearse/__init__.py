"""`inplay rehearse`."""
