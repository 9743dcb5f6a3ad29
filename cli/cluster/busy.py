"""How busy a GPU was, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def busy_words(session: Mapping[str, Any]) -> str:
    """How busy a session's GPU was, and who says so; empty where it had none."""
    if session["kind"] != "gpu" or session["state"] != "trained":
        return ""
    if session["gpu_busy_share"] is None:
        return ", how busy the GPU was isn't known"
    return f", the GPU was busy {session['gpu_busy_share']:.0%} of the time ({session['gpu_busy_source']})"
