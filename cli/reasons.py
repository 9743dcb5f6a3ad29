"""Options that commands share which put something on record."""

from __future__ import annotations

from typing import Annotated

import typer

from trading.broker.controls import UNSAID
from trading.plain_text import shown


def _plain(reason: str) -> str:
    """The reason as it can be kept and shown: nothing that is typed keeps a command from working."""
    return shown(reason.strip()) or UNSAID


Reason = Annotated[str, typer.Option(help="Why, for the record.", callback=_plain)]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of words.")]
