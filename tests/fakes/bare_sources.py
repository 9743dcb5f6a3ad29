"""A platform of which only what a test gives is there."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from serve.sources import Sources


def bare_sources(**parts: Any) -> Sources:
    """The platform with these parts; the others are None, so that a reader which wants one fails."""
    missing = {field.name: None for field in fields(Sources) if field.init}
    return Sources(**{**missing, **parts})
