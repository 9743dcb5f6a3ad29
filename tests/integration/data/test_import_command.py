"""`inplay import bars` as a user runs it: what it says, and its exit code."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.bar_files import HEAD, ROW, YEAR, days_file, minutes_of
from tests.fakes.importing import asked


def _run(home: Path, url: str, path: Path, *options: str) -> tuple[int, dict[str, Any]]:
    ended = asked(home, "import", "bars", str(path), "--yes", "--json", *options, url=url)
    return ended.returncode, json.loads(ended.stdout.splitlines()[-1])


def test_an_import_of_good_rows_ends_with_0_and_one_of_bad_ones_with_3(
    empty_url: str, home: Path, tmp_path: Path
) -> None:
    """All good; one row in ten no number; none readable; the same good again, which are duplicates."""
    good = days_file(tmp_path / "GOOD.csv", YEAR)
    assert _run(home, empty_url, good)[0] == 0
    some = tmp_path / "SOME.csv"
    some.write_text(HEAD + "".join(f"{d},{'ten' + ROW[2:] if at % 10 == 0 else ROW}\n" for at, d in enumerate(YEAR)))
    code, said = _run(home, empty_url, some)
    assert (code, said["rows_stored"]) == (3, len(YEAR) - 26)
    code, said = _run(home, empty_url, days_file(tmp_path / "NONE.csv", YEAR, ROW.replace("10.2", "x")))
    assert (code, said["rows_stored"], said["quarantined"]) == (3, 0, {"not_a_number": len(YEAR)})
    assert _run(home, empty_url, good)[0] == 0


def test_a_file_that_is_refused_leaves_nothing_and_is_read_when_it_is_said_how(
    empty_url: str, home: Path, tmp_path: Path
) -> None:
    """Minutes stamped at their end: refused; with --stamp end they are on record, and the record is whole."""
    stamps = [at for day in YEAR[100:103] for at in minutes_of(day, "09:31", "16:00")]
    path = days_file(tmp_path / "ENDS.csv", stamps)
    code, said = _run(home, empty_url, path, "--timezone", "America/New_York")
    assert (code, "--stamp end" in said["error"]) == (1, True)
    assert asked(home, "data", "verify", url=empty_url).returncode == 0
    code, said = _run(home, empty_url, path, "--timezone", "America/New_York", "--stamp", "end")
    assert (code, said["rows_stored"], said["quarantined"]) == (0, 3 * 390, {})


def test_files_that_are_refused_end_with_3_and_empty_ones_do_not(empty_url: str, home: Path, tmp_path: Path) -> None:
    """A file without rows loses nothing; one of weeks is named, and what it would say is in no bar."""
    days_file(tmp_path / "in" / "A.csv", YEAR)
    days_file(tmp_path / "in" / "EMPTY.csv", [])
    assert _run(home, empty_url, tmp_path / "in")[0] == 0
    days_file(tmp_path / "in" / "WEEKS.csv", [YEAR[0] + timedelta(days=7 * n) for n in range(50)])
    code, said = _run(home, empty_url, tmp_path / "in")
    assert (code, said["files"], said["files_lost"]) == (3, 3, 1)


@pytest.mark.parametrize(
    "options", [("--thousands", "x"), ("--price-unit", "0"), ("--decimal", ",", "--thousands", ",")]
)
def test_options_that_cannot_be_are_said(empty_url: str, home: Path, tmp_path: Path, options: tuple[str, ...]) -> None:
    """One mark, a price above zero, two marks that differ."""
    code, said = _run(home, empty_url, days_file(tmp_path / "A.csv", YEAR), *options)
    assert (code, said["kind"]) == (1, "ConfigurationError")


def test_fractions_of_shares_are_counted_on_record(empty_url: str, home: Path, tmp_path: Path) -> None:
    """The finding names how many bars, in what the command prints."""
    code, said = _run(home, empty_url, days_file(tmp_path / "A.csv", YEAR, "10,10.5,9.5,10.2,1532.25"))
    assert (code, said["rows_stored"]) == (0, len(YEAR))
    assert {"gate": "fractional_volume", "severity": "info", "findings": 1, "rows": len(YEAR)} in said["findings"]


def test_symbols_without_a_factor_are_named(empty_url: str, home: Path, tmp_path: Path) -> None:
    """Of three symbols the file of factors has one to the end, one for half of the year, and one not at all."""
    folder = tmp_path / "in"
    for name in ("HAS", "HALF", "LACKS"):
        days_file(folder / f"{name}.csv", YEAR)
    rows = [f"HAS,{YEAR[-1]},1,1", f"HALF,{YEAR[99]},1,1"]
    factors = tmp_path / "factors.csv"
    factors.write_text("symbol,date,price_factor,split_factor\n" + "\n".join(rows) + "\n")
    code, said = _run(home, empty_url, folder, "--factors", str(factors))
    assert (code, said["without_factor"], said["factors_end"]) == (0, ["LACKS"], ["HALF"])
    bars = {one["gate"]: one["rows"] for one in said["findings"]}
    assert (bars["without_factor"], bars["factors_end"]) == (len(YEAR), len(YEAR) - 100)
    words = asked(
        home, "import", "bars", str(folder), "--yes", "--factors", str(factors), "--source", "again", url=empty_url
    )
    assert "1 symbol(s), LACKS: the file of factors lacks the symbol" in words.stdout
