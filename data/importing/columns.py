"""Names of columns as archives use them, and what they may not be."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from data.importing.formats import plain_name
from trading.errors import BadDataError, ConfigurationError

KNOWN: dict[str, tuple[str, ...]] = {
    "symbol": ("symbol", "ticker", "sym", "actsymbol", "instrument"),
    "time": (
        "session",
        "date",
        "datetime",
        "timestamp",
        "startsat",
        "tsutc",
        "tset",
        "ts",
        "time",
        "day",
        "t",
        "windowstart",
    ),
    "open": ("open", "openprice", "o"),
    "high": ("high", "highprice", "h"),
    "low": ("low", "lowprice", "l"),
    "close": ("close", "closeprice", "last", "c"),
    "volume": ("volume", "vol", "v"),
}
"""Names of each field, best first, in lower case without anything but letters and digits."""
ZONES = {"tsutc": "UTC", "tset": "America/New_York"}
FIELDS = tuple(KNOWN)
BESIDE: dict[str, tuple[str, ...]] = {
    "factor": ("cumadj", "adjfactor"),
    "adjusted_close": ("adjclose", "adjustedclose", "closeadj"),
    "split": ("stocksplits", "stocksplit", "splitcoefficient", "splitfactor", "splitratio", "splits", "split"),
    "dividend": (
        "dividendamount", "dividends", "dividend", "divcash", "exdividend", "cashdividend", "cashdividends",
    ),
}  # fmt: skip
"""Columns that tell of splits and dividends: the factor of the price, the adjusted close, and what took effect."""
FILE_NAME = "the file's name"
NONE = "none"
"""Said of one of those that it isn't to be read."""


def check_columns(names: Sequence[str], meant: Mapping[str, str], *, header: bool) -> None:
    """The names of a file's columns can be read, and what the user says of them is there.

    Args:
        names: of the columns.
        meant: name of the column by field, as the user says.
        header: the first line names them.

    Raises:
        BadDataError: when the first line isn't one of names, or a column stands twice.
        ConfigurationError: when the user named a field or column that there isn't.
    """
    strange = set(meant) - {*FIELDS, *BESIDE}
    left_out = {name for name, column in meant.items() if name in BESIDE and column == NONE}
    given = {part for name, said in meant.items() if name not in left_out for part in said.split("+")}
    if not strange and not given <= set(names):
        _refuse_doubles(names, {name: said for name, said in meant.items() if set(said.split("+")) <= set(names)})
    if strange or not given <= set(names):
        raise ConfigurationError(
            f"--column names {sorted(strange or given - set(names))}, which is none of the "
            f"{'fields ' + ', '.join((*FIELDS, *BESIDE)) if strange else 'columns ' + ', '.join(map(repr, names))}."
        )
    if header and sum(_is_value(name) for name in names) * 2 > len(names):
        raise BadDataError(
            f"the first line holds values, not names: {', '.join(names)[:80]}. Nothing of it was stored. Add "
            "--no-header and say which column is which: --column open=f2 …"
        )
    _refuse_doubles(names, meant)


def _refuse_doubles(names: Sequence[str], said: Mapping[str, str]) -> None:
    """A column that may be a field stands once, with a number after its name too, as pandas writes the second."""
    known = {alias: name for name, aliases in (KNOWN | BESIDE).items() for alias in aliases}
    meant = {part for name in said.values() for part in name.split("+")}
    count: dict[str, list[str]] = {}
    for name in names:
        alias = plain_name(re.sub(r"[._ ]\d+$", "", name))
        field_ = known.get(alias)
        if name in meant or (field_ is not None and field_ not in said):
            count.setdefault(name if name in meant else alias, []).append(name)
    double = [found for found in count.values() if len(found) > 1]
    if double:
        raise BadDataError(
            f"the column {double[0][0]!r} stands {len(double[0])} times ({', '.join(map(repr, names))[:200]}), so that "
            "nobody can say whose prices are meant. Nothing of it was stored. Make one file a symbol, or one long "
            "table with a column of symbols; where one of them is right, name it: --column FIELD=COLUMN."
        )


def _is_value(name: str) -> bool:
    return bool(re.fullmatch(r"[-+]?[\d.,:/\s-]+(e[-+]?\d+)?", name.strip().lower()))
