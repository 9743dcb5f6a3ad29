"""Something that is wrong with what is kept."""

from __future__ import annotations

from dataclasses import dataclass

RESTORE = "Restore it from a backup, or import the source again into an empty data folder."


@dataclass(frozen=True)
class Trouble:
    """One thing that is wrong.

    Attributes:
        check: what was compared, such as `file` or `counts`.
        where: the file, import or table.
        detail: what was found.
        fix: what to do.
    """

    check: str
    where: str
    detail: str
    fix: str
