"""Which column of a file holds what: guessed from names as archives use them, said in words, confirmed by the user."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from adapters.bars.files import Timeframe
from data.importing.lengths import Stamp
from data.importing.numbers import NumberStyle
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
FACTORS = {
    "cumadj": "factor",
    "adjfactor": "factor",
    "adjclose": "close",
    "adjustedclose": "close",
    "closeadj": "close",
}
"""Columns that tell of splits and dividends: the factor of the price itself, or the adjusted close."""


@dataclass(frozen=True)
class Asked:
    """What the user says of the files; the rest is guessed.

    Attributes:
        columns: name of the column by field; the two columns of a date and a time of day are joined by `+`.
        timezone: of times that carry none.
        time_format: as of `strptime`, where several would do.
        volume_unit: shares that the files count as one.
        price_unit: dollars that the files count as one; None when nobody said, which is one.
        numbers: how they are written; None when nobody said.
        stamp: where in a minute its stamp is; None when nobody said.
        header: whether the first line names the columns; without it they are `f0`, `f1`, …
        factors: a file of them, beside prices as printed.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    timeframe: Timeframe | None = None
    timezone: str = ""
    time_format: str = ""
    volume_unit: int = 1
    price_unit: float | None = None
    numbers: NumberStyle | None = None
    stamp: Stamp | None = None
    header: bool = True
    factors: Path | None = None

    @property
    def changes(self) -> tuple[str, ...]:
        """What is changed in all rows, in words."""
        said = []
        if self.volume_unit != 1:
            said.append(f"volume of all rows multiplied by {self.volume_unit}, as asked")
        if self.price_unit not in (None, 1.0):
            said.append(f"prices of all rows multiplied by {self.price_unit:g}, as asked")
        if self.stamp == "end":
            said.append("times of all rows moved from the end of their minute to its start, as asked")
        return tuple(said)

    @property
    def reads_otherwise(self) -> str:
        """What the user says of how rows are read; empty when all is guessed. With other words it is another source."""
        said = (
            sorted(self.columns.items()), self.timeframe, self.timezone, self.time_format, self.volume_unit,
            self.price_unit, self.numbers, self.stamp, self.header,
        )  # fmt: skip
        return "" if said == ([], None, "", "", 1, None, None, None, True) else repr(said)


@dataclass(frozen=True)
class Layout:
    """Which columns are read.

    Attributes:
        columns: by field; without `symbol` the file's name is the symbol.
        time: the columns that make up the time, one or two.
        timezone: of times that carry none; empty when unknown.
        unused: columns that are left out.
        guessed: what isn't certain, in words; empty when every column has its usual name.
        factor: the column that adjusts prices, and whether it is the `factor` or the adjusted `close`; None without.
    """

    columns: Mapping[str, str]
    time: tuple[str, ...]
    timezone: str
    unused: tuple[str, ...]
    guessed: tuple[str, ...]
    factor: tuple[str, str] | None = None

    @property
    def used(self) -> list[str]:
        """Every column that is read."""
        factor = [self.factor[0]] if self.factor else []
        return list(dict.fromkeys([*self.columns.values(), *self.time, *factor]))

    @property
    def words(self) -> str:
        """The layout in one line."""
        named = {**self.columns, "time": " and ".join(self.time)}
        told = [f"{name} from {named[name]!r}" for name in FIELDS if name in named]
        told += [] if "symbol" in self.columns else ["symbol from the file's name"]
        told += [f"splits and dividends from {self.factor[0]!r}"] if self.factor else []
        told += [f"not used: {', '.join(self.unused)}"] if self.unused else []
        return "; ".join(told)


def lay_out(names: Sequence[str], asked: Asked) -> Layout:
    """The layout of a file with columns of these names.

    Raises:
        BadDataError: when a price or the time is in no column, or the first line isn't one of names.
        ConfigurationError: when the user named a field or column that there isn't.
    """
    _check_names(names, asked)
    _refuse_doubles(names, asked)
    plain = {re.sub(r"[^a-z0-9]", "", name.lower()): name for name in reversed(names)}
    columns = {name: asked.columns.get(name) or _first(plain, name) for name in FIELDS}
    time = _time_columns(columns.pop("time"), plain, asked)
    missing = [name for name, column in columns.items() if column is None and name != "symbol"]
    missing += [] if time else ["time"]
    if missing:
        raise BadDataError(
            f"no column is {', '.join(missing)}; the columns are {', '.join(map(repr, names))}. Nothing of it was "
            "stored. Say which with --column FIELD=COLUMN."
        )
    found = {name: column for name, column in columns.items() if column is not None}
    zone = asked.timezone or next((ZONES[key] for key, name in plain.items() if name in time and key in ZONES), "")
    factor = next(((name, FACTORS[key]) for key, name in plain.items() if key in FACTORS), None)
    used = {*found.values(), *time, *([factor[0]] if factor else [])}
    unused = tuple(name for name in names if name not in used)
    return Layout(found, time, zone, unused, _doubts(found, asked), factor)


def _check_names(names: Sequence[str], asked: Asked) -> None:
    strange = set(asked.columns) - set(FIELDS)
    given = {part for name in asked.columns.values() for part in name.split("+")}
    if strange or not given <= set(names):
        raise ConfigurationError(
            f"--column names {sorted(strange or given - set(names))}, which is none of the "
            f"{'fields ' + ', '.join(FIELDS) if strange else 'columns ' + ', '.join(map(repr, names))}."
        )
    if asked.header and sum(_is_value(name) for name in names) * 2 > len(names):
        raise BadDataError(
            f"the first line holds values, not names: {', '.join(names)[:80]}. Nothing of it was stored. Add "
            "--no-header and say which column is which: --column open=f2 …"
        )


def _refuse_doubles(names: Sequence[str], asked: Asked) -> None:
    """A column that may be a field stands once, with a number after its name too, as pandas writes the second."""
    known = {alias: name for name, aliases in KNOWN.items() for alias in aliases}
    meant = {part for name in asked.columns.values() for part in name.split("+")}
    count: dict[str, list[str]] = {}
    for name in names:
        alias = re.sub(r"[^a-z0-9]", "", re.sub(r"[._ ]\d+$", "", name.lower()))
        field_ = known.get(alias)
        if name in meant or (field_ is not None and field_ not in asked.columns):
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


def _first(plain: Mapping[str, str], name: str) -> str | None:
    return next((plain[known] for known in KNOWN[name] if known in plain), None)


def _time_columns(found: str | None, plain: Mapping[str, str], asked: Asked) -> tuple[str, ...]:
    if found is None:
        return ()
    if "time" in asked.columns:
        return tuple(found.split("+"))
    both = found == plain.get("date") and "time" in plain
    return (found, plain["time"]) if both else (found,)


def _doubts(found: Mapping[str, str], asked: Asked) -> tuple[str, ...]:
    doubts = [] if "symbol" in found else ["the symbol is taken from the file's name"]
    for name, column in found.items():
        usual = re.sub(r"[^a-z0-9]", "", column.lower())
        if name not in asked.columns and usual not in KNOWN[name][:2]:
            doubts.append(f"{column!r} is taken for the {name}")
    return tuple(doubts)
