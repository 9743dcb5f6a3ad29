"""Chart patterns: setups of several bars, each with an entry, a stop and a target."""
