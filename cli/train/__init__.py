"""`inplay train`: an ensemble trained on what is on record, when the user says so."""
