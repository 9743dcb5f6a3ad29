"""`inplay patterns rates` on files of one's own."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from cli.patterns.commands import patterns
from tests.fakes.pattern_rows import pattern_rows
from trading.errors import BadDataError


def asked(*words: str) -> str:
    """What the command prints."""
    answer = CliRunner().invoke(patterns, list(words), catch_exceptions=False)
    assert answer.exit_code == 0
    return answer.output


def test_files_and_folders_are_summed_together(tmp_path: Path) -> None:
    """A folder's files and a file of its own; every row is counted once, an unknown trend as a group of its own."""
    pq.write_table(pattern_rows(1, 300), tmp_path / "a.parquet")
    (tmp_path / "more").mkdir()
    pq.write_table(pattern_rows(2, 200), tmp_path / "more" / "b.parquet")
    told = json.loads(
        asked("rates", str(tmp_path / "a.parquet"), str(tmp_path / "more"), "--by", "market_trend", "--json")
    )
    assert (told["engine"], told["rows"], told["files"]) == ("pandas", 500, 2)
    assert sum(group["recorded"] for group in told["groups"]) == 500
    assert told["groups"][-1]["market_trend"] is None
    words = asked("rates", str(tmp_path / "a.parquet"), "--by", "market_trend")
    assert "unknown" in words
    assert "300 patterns with an outcome in 1 file(s), summed by pandas." in words


def test_what_cannot_be_summed_is_refused(tmp_path: Path) -> None:
    """No file, no column of the name, no Parquet, no outcome: each says what to do and that nothing was summed."""
    file = tmp_path / "a.parquet"
    pq.write_table(pattern_rows(1, 30), file)
    (tmp_path / "empty").mkdir()
    (tmp_path / "words.parquet").write_text("pattern_type,direction\n")
    pq.write_table(pattern_rows(1, 30).drop_columns(["max_loss"]), tmp_path / "short.parquet")
    refused = [
        ([str(tmp_path / "empty")], "no Parquet file"),
        ([str(tmp_path / "none.parquet")], "can be read"),
        ([str(tmp_path / "words.parquet")], "not a Parquet file"),
        ([str(file), "--by", "sector"], "no column sector.*market_trend"),
        ([str(file), "--by", " , "], "names no column"),
        ([str(tmp_path / "short.parquet")], "no column max_loss"),
    ]
    for words, message in refused:
        with pytest.raises(BadDataError, match=message):
            CliRunner().invoke(patterns, ["rates", *words], catch_exceptions=False)
