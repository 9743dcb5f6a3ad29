"""Light updates: a version of the ensemble goes on learning from what became known since it last did."""
