"""The other side of Alpaca's protocols, for rehearsals and tests."""
