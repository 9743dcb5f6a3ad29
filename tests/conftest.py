"""One profile for all property tests: how busy the machine is decides about no test."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("inplay", deadline=None)
settings.load_profile("inplay")
