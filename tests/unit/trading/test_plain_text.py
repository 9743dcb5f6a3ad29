"""What is plain text, and how the rest is shown."""

from __future__ import annotations

import pytest

from trading.plain_text import fault_of, shown


@pytest.mark.parametrize("text", ["a look at the fills", "Zürich: 株価 ↓ 5 %", "", "a\u0301"])
def test_what_people_write_is_plain(text: str) -> None:
    """Letters of all scripts, signs and accents stay as they are."""
    assert (fault_of(text), shown(text)) == ("", text)


@pytest.mark.parametrize(
    ("char", "written"),
    [
        ("\x00", "\\x00"), ("\x1b", "\\x1b"), ("\n", "\\n"), ("\r", "\\r"), ("\x7f", "\\x7f"), ("\x9b", "\\x9b"),
        ("\u202e", "\\u202e"), ("\u200b", "\\u200b"), ("\ufeff", "\\ufeff"), ("\u2028", "\\u2028"),
        ("\u3164", "\\u3164"), ("\u2800", "\\u2800"), ("\ud800", "\\ud800"), ("\U000e0041", "\\U000e0041"),
    ],
)  # fmt: skip
def test_what_a_terminal_obeys_is_named_and_written_out(char: str, written: str) -> None:
    """Control characters of both sets, changes of direction, invisible ones, halves of pairs."""
    assert f"U+{ord(char):04X}" in fault_of(f"a{char}b")
    assert shown(f"a{char}b") == f"a{written}b"


def test_line_breaks_of_our_own_stay() -> None:
    """Where the text is made of lines."""
    assert shown("a\nb\x1b[31m", keep="\n") == "a\nb\\x1b[31m"
