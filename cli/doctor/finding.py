"""What one check of `inplay doctor` found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Result = Literal["ok", "missing", "broken"]


@dataclass(frozen=True)
class Finding:
    """The result of one check.

    Attributes:
        result: `missing` = not there, and some feature is off; `broken` = there and not usable.
        needed: the main job, `inplay run --sample`, cannot work without it.
        disables: what does not work as long as it is so; empty when all is well.
        fix: what to do; empty when all is well.
    """

    check: str
    result: Result
    detail: str
    needed: bool
    disables: str = ""
    fix: str = ""
