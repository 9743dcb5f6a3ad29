"""What a terminal or a pipe is given: in its own encoding, whatever that is."""

from __future__ import annotations

import codecs
import io
import sys

NAME = "inplay-readable"
PLAIN = {
    "…": "...", "—": "-", "→": "->", "←": "<-", "≥": ">=", "≤": "<=", "·": "*", "±": "+/-", "\N{EN DASH}": "-",
    "\N{MULTIPLICATION SIGN}": "x", "\N{MINUS SIGN}": "-", "\N{RIGHT SINGLE QUOTATION MARK}": "'",
}  # fmt: skip
"""How what we write ourselves is written where an encoding lacks it."""


def _readable(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    chars = error.object[error.start : error.end]
    return "".join(PLAIN.get(char) or char.encode("unicode_escape").decode() for char in chars), error.end


def readable_output() -> None:
    """No character ends a command: what standard output and error can't encode is written in ASCII instead."""
    codecs.register_error(NAME, _readable)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # closed, or a test's own, otherwise
            stream.reconfigure(errors=NAME)
