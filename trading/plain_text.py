"""Text that people write and people read: without what a database refuses and a terminal obeys."""

from __future__ import annotations

import re
import unicodedata

UNSEEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""Unicode's general categories of control characters (NUL, ESC, line breaks), invisible formatting such as a change of
direction, halves of a pair, and separators of lines and paragraphs.

Source: https://www.unicode.org/reports/tr44/#General_Category_Values
"""
BLANK = frozenset("\u115f\u1160\u2800\u3164\uffa0")
"""Letters and signs that show nothing (fillers of Hangul, the empty pattern of Braille)."""
MOST_NAMED = 3
FORMULA = frozenset("=+-@\t\r")
"""A cell of a spreadsheet that begins with one of them is a formula."""
NUMBER = re.compile(r"[-+]?[0-9]+(?:\.[0-9]+)?(?:e[-+]?[0-9]+)?", re.ASCII)


def fault_of(text: str) -> str:
    """Why the text isn't plain, in words; empty when it is."""
    unseen = list(dict.fromkeys(char for char in text if _is_unseen(char)))
    if not unseen:
        return ""
    named = ", ".join(f"U+{ord(char):04X}" for char in unseen[:MOST_NAMED])
    more = f" and {len(unseen) - MOST_NAMED} more" if len(unseen) > MOST_NAMED else ""
    return f"it has control or invisible characters ({named}{more}); write it without them, on one line"


def _is_unseen(char: str) -> bool:
    return unicodedata.category(char) in UNSEEN or char in BLANK


def as_cell(text: str) -> str:
    """The text as a spreadsheet shows it and doesn't run it: what would begin a formula has an apostrophe before it.

    Numbers stay numbers, those below zero too.

    Source: https://owasp.org/www-community/attacks/CSV_Injection
    """
    return f"'{text}" if text[:1] in FORMULA and not NUMBER.fullmatch(text) else text


def shown(text: str, *, keep: str = "") -> str:
    """The text with every character that isn't plain written out, ESC as a backslash and x1b; nothing is lost.

    Args:
        text: from wherever it came.
        keep: characters that stay as they are, such as line breaks of our own.
    """
    return "".join(
        char.encode("unicode_escape").decode() if _is_unseen(char) and char not in keep else char for char in text
    )
