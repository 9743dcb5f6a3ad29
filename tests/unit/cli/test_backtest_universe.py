"""Which symbols `inplay backtest --universe` trades, and that it names those it can't."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli.backtest import left_out, symbols_of
from trading.errors import ConfigurationError


def test_a_file_names_symbols_by_line_or_comma_in_either_case_with_comments(tmp_path: Path) -> None:
    """What a spreadsheet or an editor makes of a list is read as the list."""
    file = tmp_path / "mine.txt"
    file.write_text("# my list\naapl, MSFT\n\nBRK.B  # class B\n")
    assert symbols_of(str(file)) == {"AAPL", "MSFT", "BRK.B"}
    assert symbols_of("all") is None
    file.write_text("# none yet\n")
    with pytest.raises(ConfigurationError, match="names no symbol"):
        symbols_of(str(file))


def test_symbols_without_bars_are_named_and_counted() -> None:
    """A universe that is smaller than asked for is said to be; a long list is cut with a count."""
    assert left_out(None, ["AAPL"]) == left_out({"AAPL"}, ["AAPL", "MSFT"]) == []
    assert left_out({"AAPL", "NOPE"}, ["AAPL"]) == ["1 of 2 symbols asked for have no bars on record: NOPE."]
    (many,) = left_out({f"S{number:02}" for number in range(25)}, [])
    assert many.startswith("25 of 25 symbols asked for have no bars on record: S00, S01")
    assert many.endswith("S19 and 5 more.")
