"""Numbers as Swiss, French, Indian, German and older American files have them: read, or refused in one sentence."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from cli.importing.options import style_given
from data.importing.archive import open_archive
from data.importing.layout import Asked
from data.importing.number_texts import NumberStyle
from tests.fakes.bar_files import HEAD, YEAR, taken
from trading.errors import ConfigurationError

NO_BREAK, NARROW, CURLY = "\u00a0", "\u202f", "\u2019"


def _file(tmp_path: Path, rows: list[str], mark: str = ";") -> Path:
    path = tmp_path / "A.csv"
    days = YEAR[: len(rows)]
    lines = [f"{day}{mark}{row}\n" for day, row in zip(days, rows, strict=True)]
    path.write_text(HEAD.replace(",", mark) + "".join(lines), encoding="utf-8")
    return path


def _row(tmp_path: Path, row: str, asked: Asked | None = None) -> tuple[Any, ...]:
    """The first of twenty equal rows, and that all were taken."""
    got = taken(_file(tmp_path, [row] * 20), asked)
    assert (got.refused, got.unread.num_rows, got.bars.num_rows) == ({}, 0, 20)
    bar = got.bars.to_pylist()[0]
    return tuple(bar[name] for name in ("open", "high", "low", "close", "volume"))


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ("1'234.50;1'240.50;999.25;1'236.00;1'234'567", (1234.5, 1240.5, 999.25, 1236.0, 1_234_567)),
        ("1'234'567;1'234'600;999.5;999.5;900", (1_234_567.0, 1_234_600.0, 999.5, 999.5, 900)),
        ("12.5;12.6;12.4;12.5;1'234", (12.5, 12.6, 12.4, 12.5, 1_234)),
        ("1'234,50;1'240,50;999,25;1'236,00;1'234'567", (1234.5, 1240.5, 999.25, 1236.0, 1_234_567)),
        ("1 234,50;1 240,50;999,25;1 236,00;1 234 567", (1234.5, 1240.5, 999.25, 1236.0, 1_234_567)),
        ("1 234.50;1 240.50;999.25;1 236.00;1 234 567", (1234.5, 1240.5, 999.25, 1236.0, 1_234_567)),
        ("12,50;12,60;12,40;12,50;1 234", (12.5, 12.6, 12.4, 12.5, 1_234)),
        ("12.5;12.6;12.4;12.5;12,34,567", (12.5, 12.6, 12.4, 12.5, 1_234_567)),
        ("1,23,456.5;1,23,460;99,999;1,23,456;1,00,00,000", (123456.5, 123460.0, 99999.0, 123456.0, 10_000_000)),
        ("50 3/8;51 1/2;49 63/64;50;1000", (50.375, 51.5, 49.984375, 50.0, 1_000)),
        ("7/8;1 1/16;1/2;15/16;1000", (0.875, 1.0625, 0.5, 0.9375, 1_000)),
        ("50\u215c;51\u00bd;49 \u215e;50;1000", (50.375, 51.5, 49.875, 50.0, 1_000)),
        ("$1,234.50;$1,240.50;$999.25;$ 1,236.00;1,000", (1234.5, 1240.5, 999.25, 1236.0, 1_000)),
        ("1234.5 USD;US$1240.50;USD 999.25;1,236.00$;1000", (1234.5, 1240.5, 999.25, 1236.0, 1_000)),
        ("1,2345E+03;1,24E+03;1,2E3;1,236E3;1,5E6", (1234.5, 1240.0, 1200.0, 1236.0, 1_500_000)),
        ("12.5;12.6;12.4;12.5;2.3M", (12.5, 12.6, 12.4, 12.5, 2_300_000)),
        ("12,5;12,6;12,4;12,5;1,5 Mio.", (12.5, 12.6, 12.4, 12.5, 1_500_000)),
        ("12.5;12.6;12.4;12.5;1.5bn", (12.5, 12.6, 12.4, 12.5, 1_500_000_000)),
    ],
)
def test_what_has_one_reading_is_read(tmp_path: Path, row: str, expected: tuple[float, ...]) -> None:
    """Each number is what its country, or its exchange, means by it."""
    assert _row(tmp_path, row) == expected


@pytest.mark.parametrize("blank", [" ", NO_BREAK, NARROW])
@pytest.mark.parametrize("said", [None, (",", ""), (",", " "), (",", NO_BREAK)])
def test_blanks_of_any_kind_stand_between_thousands(tmp_path: Path, blank: str, said: tuple[str, str] | None) -> None:
    """As French and Swedish files have them; with `--decimal ,` and `--thousands` too."""
    asked = Asked(numbers=style_given(*said)) if said else None  # type: ignore[arg-type]
    row = "1 234,50;1 240,50;999,25;1 236,00;1 234 567".replace(" ", blank)
    assert _row(tmp_path, row, asked) == (1234.5, 1240.5, 999.25, 1236.0, 1_234_567)


def test_a_typographic_apostrophe_is_one(tmp_path: Path) -> None:
    """As Swiss settings of Windows have written it since 2017."""
    row = "1'234.50;1'240.50;999.25;1'236.00;1'234'567".replace("'", CURLY)
    assert _row(tmp_path, row) == (1234.5, 1240.5, 999.25, 1236.0, 1_234_567)


def test_thousands_that_come_late_are_read(tmp_path: Path) -> None:
    """The price passes 1,000 behind the first rows: no row is lost."""
    got = taken(_file(tmp_path, ["999.50;999.60;999.40;999.50;7"] * 200 + ["1'000.50;1'000.60;999.40;1'000.50;7"]))
    assert got.bars.column("close").to_pylist()[-2:] == [999.5, 1000.5]


@pytest.mark.parametrize(
    "row", ["(1.23);(1.25);(1.20);(1.22);7", "1.234,50-;1.240,50-;1.230,50-;1.236,50-;7", "-$1.23;$-1.2;-1.3;-1.22;7"]
)
def test_numbers_below_zero_are_read_as_accounts_have_them(tmp_path: Path, row: str) -> None:
    """The gates refuse a price below zero by its name; it isn't taken for one above."""
    got = taken(_file(tmp_path, [row] * 3))
    assert got.unread.num_rows == 0
    assert all(value < 0 for value in got.bars.column("open").to_pylist())


def test_one_apostrophe_in_a_price_may_be_of_32nds(tmp_path: Path) -> None:
    """110'165 is 110 and 16.5/32 of a bond, or 110,165: asked, with the line, and read when it is said."""
    path = _file(tmp_path, ["110'165;110'200;110'100;110'165;7"] * 3)
    with pytest.raises(ConfigurationError, match=r"the price \"110'165\" on line 2 may have thousands"):
        open_archive(path, Asked())
    read = taken(path, Asked(numbers=style_given(None, "'"), price_unit=1.0))
    assert read.bars.column("open").to_pylist() == [110_165.0] * 3


@pytest.mark.parametrize(
    ("row", "text"),
    [("110'16;110'20;110'10;110'16;7", "110'16"), ("110-16;110-20;110-10;110-16;7", "110-16"),
     ("12.5%;12.6%;12.4%;12.5%;7", "12.5%"), ("1.5K;1.6K;1.4K;1.5K;7", "1.5K"), ("1_234;1_240;1_230;1_234;7", "1_234")],
)  # fmt: skip
def test_what_nobody_can_read_is_shown_once_with_its_line(tmp_path: Path, row: str, text: str) -> None:
    """One sentence for the file, not a row in quarantine for each."""
    why = taken(_file(tmp_path, [row] * 9)).refused["A.csv"]
    assert why.startswith(f"the open {text!r} on line 2 can't be read, and 9 of 9 are like it.")
    assert "No option reads all of them. Write them" in why


def test_the_line_is_that_of_the_file(tmp_path: Path) -> None:
    """Lines above the names, empty lines and other columns with the same text are counted."""
    path = tmp_path / "A.csv"
    lines = ["", "Note,Date,Open,High,Low,Close,Volume"]
    lines += [f"1.5x,{day},12.5,12.6,12.4,12.5,7" for day in YEAR[:5]] + [""]
    lines += [f"n,{day},1.5x,12.6,12.4,12.5,7" for day in YEAR[5:11]]
    path.write_text("\n".join(lines) + "\n")
    assert "the open '1.5x' on line 9 can't be read, and 6 of 11 are like it" in taken(path).refused["A.csv"]


def test_the_option_that_is_named_works(tmp_path: Path) -> None:
    """Whole prices in the first rows tell no decimal comma; the others do."""
    rows = ["12;13;11;12;7"] * 9_000 + ["12,50;13,25;11,75;12,50;7"] * 900
    path = tmp_path / "many.csv"
    days = [f"{day}" for day in YEAR[:1]] * len(rows)
    symbols = [f"S{at}" for at in range(len(rows))]
    lines = [f"{day};{name};{row}\n" for day, name, row in zip(days, symbols, rows, strict=True)]
    path.write_text("Date;Symbol;Open;High;Low;Close;Volume\n" + "".join(lines))
    why = taken(path).refused["many.csv"]
    assert why.startswith("the open '12,50' on line 9,002 can't be read, and 900 of 9,900 are like it.")
    assert "This reads all of them: --decimal ," in why
    read = taken(path, Asked(numbers=style_given(",", "")))
    assert (read.refused, read.bars.num_rows) == ({}, 9_900)
    assert read.bars.column("open").to_pylist()[-1] == 12.5


@pytest.mark.parametrize(("row", "text"), [("€ 1.234,50;€ 1.240,50;€ 999,25;€ 1.236,00;1.000", "€ 1.234,50"),
                                           ("12,50 €;12,60 €;12,40 €;12,50 €;7", "12,50 €"),
                                           ("£12.50;£12.60;£12.40;£12.50;7", "£12.50"),
                                           ("CHF 12.50;CHF 12.60;CHF 12.40;CHF 12.50;7", "CHF 12.50")])  # fmt: skip
def test_another_currency_isnt_taken_for_dollars(tmp_path: Path, row: str, text: str) -> None:
    """Euros stored as dollars are a wrong price: asked, and read with the rate that is said."""
    path = _file(tmp_path, [row] * 9)
    why = taken(path).refused["A.csv"]
    assert f"the open {text!r} on line 2" in why
    assert "It is in another currency, and bars are in US dollars. Say how many" in why
    first = 1234.5 if "234" in text else 12.5
    assert taken(path, Asked(price_unit=1.0)).bars.column("open").to_pylist() == [first] * 9
    assert taken(path, Asked(price_unit=2.0)).bars.column("open").to_pylist() == [2 * first] * 9


def test_words_for_a_missing_number_and_a_few_slips_are_set_aside_by_row(tmp_path: Path) -> None:
    """`null` in half of the rows is no way of writing numbers, and neither are two slips in forty."""
    got = taken(_file(tmp_path, ["null;null;null;null;null", "12.5;12.6;12.4;12.5;7"] * 9))
    assert (got.refused, got.bars.num_rows, got.unread.num_rows) == ({}, 9, 9)
    got = taken(_file(tmp_path, ["12.5;12.6;12.4;12.5;7"] * 38 + ["12.5x;12.6;12.4;12.5;7"] * 2))
    assert (got.refused, got.bars.num_rows, got.unread.num_rows) == ({}, 38, 2)
    got = taken(_file(tmp_path, ["12.5x;12.6;12.4;12.5;7", *["12.5;12.6;12.4;12.5;7"] * 4] * 9))
    assert (got.refused, got.bars.num_rows, got.unread.num_rows) == ({}, 36, 9)


def test_a_style_that_was_said_and_doesnt_fit_names_the_one_that_does(tmp_path: Path) -> None:
    """1,234.50 with `--decimal ,`."""
    path = _file(tmp_path, ["1,234.50;1,240.50;999.25;1,236.00;7"] * 9)
    why = taken(path, Asked(numbers=NumberStyle(",", ".", said=True))).refused["A.csv"]
    assert "This reads all of them: --decimal ." in why
    got = taken(path, Asked(numbers=style_given(".", "")))
    assert (got.refused, got.bars.column("open").to_pylist()) == ({}, [1234.5] * 9)
    assert got.bars.column("session").to_pylist()[0] == date(2024, 1, 2)


def test_where_several_options_read_all_each_says_what_it_makes_of_one(tmp_path: Path) -> None:
    """12,345 shares beside whole prices, or 12.345: neither is proven, and both ways work."""
    path = _file(tmp_path, ["12;13;11;12;12,345"] * 9)
    why = taken(path).refused["A.csv"]
    assert "Say --decimal , if it is 12.345, or --decimal . if it is 12,345." in why
    for decimal, volume in ((",", 12), (".", 12_345)):
        read = taken(path, Asked(numbers=style_given(decimal, "")))
        assert (read.refused, read.bars.column("volume").to_pylist()) == ({}, [volume] * 9)
