"""What all figures of performance agree on."""

from __future__ import annotations

SESSIONS_A_YEAR = 252
FLAT = 1e-12
"""Returns that vary less than this are constant but for rounding; a ratio to their deviation means nothing."""
