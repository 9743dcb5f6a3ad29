"""The search for parameters, on Ray Tune."""
