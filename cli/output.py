"""Output for programs."""

from __future__ import annotations

import json
import math
from typing import Any


def _finite(value: Any) -> Any:
    """The value with NaN and infinities as null, which JSON has no word for."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {str(key): _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return value


def print_json(value: Any) -> None:
    """One JSON object on one line of standard output."""
    print(json.dumps(_finite(value), allow_nan=False, default=str), flush=True)
