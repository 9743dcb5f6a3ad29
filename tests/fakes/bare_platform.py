"""A platform of which only what a test gives is there."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from serve.platform import Platform


def bare_platform(**parts: Any) -> Platform:
    """The platform with these parts; the others are None, so that a reader which wants one fails."""
    missing = {field.name: None for field in fields(Platform) if field.init}
    return Platform(**{**missing, **parts})
