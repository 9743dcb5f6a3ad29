"""The models of the ensemble, one a file."""
