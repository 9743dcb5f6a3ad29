"""Which column of a file holds what: guessed from names as archives use them, said in words, confirmed by the user."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from adapters.bars.files import Timeframe
from data.importing.columns import BESIDE, FIELDS, FILE_NAME, KNOWN, NONE, ZONES, check_columns
from data.importing.formats import Format, Recognised, plain_name
from data.importing.lengths import Stamp
from data.importing.number_texts import NumberStyle
from data.importing.wide import PRICES, wide_table
from trading.errors import BadDataError


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
        form: name of the format that the files have; `auto` where that is to be found.
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
    form: str = "auto"

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
        plain = "" if said == ([], None, "", "", 1, None, None, None, True) else repr(said)
        return plain + ("" if self.form == "auto" else f" {self.form}")


@dataclass(frozen=True)
class Layout:
    """Which columns are read.

    Attributes:
        columns: by field; without `symbol` the file's name is the symbol.
        time: the columns that make up the time, one or two.
        timezone: of times that carry none; empty when unknown.
        unused: columns that are left out.
        guessed: what isn't certain, in words; empty when every column has its usual name.
        beside: the columns that tell of splits and dividends, by what they hold, see `BESIDE`.
        known: the format that the file has; None where it is none that is known.
    """

    columns: Mapping[str, str]
    time: tuple[str, ...]
    timezone: str
    unused: tuple[str, ...]
    guessed: tuple[str, ...]
    beside: Mapping[str, str] = field(default_factory=dict)
    known: Recognised | None = None

    @property
    def used(self) -> list[str]:
        """Every column that is read."""
        return list(dict.fromkeys([*self.columns.values(), *self.time, *self.beside.values()]))

    @property
    def form(self) -> Format | None:
        """Of the file, if it is known."""
        return self.known.format if self.known is not None else None

    @property
    def headed(self) -> bool:
        """Whether the symbol stands above the names of columns."""
        return self.known is not None and self.known.shape.headed

    def words(self, timeframe: Timeframe) -> str:
        """The layout in one line; columns of splits and dividends are read for days alone."""
        named = {**self.columns, "time": " and ".join(self.time)}
        told = [f"as {self.form.title} has it"] if self.form else []
        told += [f"{name} from {named[name]!r}" for name in FIELDS if name in named]
        told += [] if "symbol" in self.columns else [f"symbol from {'its head' if self.headed else FILE_NAME}"]
        beside = tuple(self.beside.values()) if timeframe == "1d" else ()
        told += [f"splits and dividends from {', '.join(map(repr, beside))}"] if beside else []
        unused = (*self.unused, *(name for name in self.beside.values() if name not in beside))
        told += [f"not used: {', '.join(unused)}"] if unused else []
        return "; ".join(told)


def lay_out(names: Sequence[str], asked: Asked, known: Recognised | None = None) -> Layout:
    """The layout of a file with columns of these names.

    Args:
        names: of the columns.
        asked: what the user says.
        known: the format that the file has.

    Raises:
        BadDataError: when a price or the time is in no column, each symbol has a column, or the first line isn't one of
            names.
        ConfigurationError: when the user named a field or column that there isn't.
    """
    check_columns(names, asked.columns, header=asked.header)
    plain = {plain_name(name): name for name in reversed(names)}
    own = _own_columns(plain, known)
    columns = {name: asked.columns.get(name) or own.get(name) or _first(plain, name) for name in FIELDS}
    time = _time_columns(columns.pop("time"), plain, "time" in asked.columns or "time" in own)
    if known is None and not set(asked.columns) & {*PRICES}:
        wide = wide_table(names, {name: column for name, column in columns.items() if column is not None})
        if wide:
            raise BadDataError(wide)
    missing = [name for name, column in columns.items() if column is None and name != "symbol"]
    missing += [] if time else ["time"]
    if missing:
        raise BadDataError(
            f"no column is {', '.join(missing)}; the columns are {', '.join(map(repr, names))}. Nothing of it was "
            "stored. Say which with --column FIELD=COLUMN."
        )
    found = {name: column for name, column in columns.items() if column is not None}
    _refuse_nameless(found, known)
    named = next((ZONES[key] for key, name in plain.items() if name in time and key in ZONES), "")
    zone = asked.timezone or named or (known.format.timezone if known else "")
    beside = _beside(plain, {*found.values(), *time}, asked)
    used = {*found.values(), *time, *beside.values()}
    unused = tuple(name for name in names if name not in used)
    return Layout(found, time, zone, unused, _doubts(found, beside, asked, known), beside, known)


def _own_columns(plain: Mapping[str, str], known: Recognised | None) -> dict[str, str]:
    """Columns by field, as the format of the file has them."""
    if known is None:
        return {}
    named = {name: plain[alias] for name, alias in known.format.columns.items() if alias in plain}
    return named | known.columns


def _beside(plain: Mapping[str, str], taken: set[str], asked: Asked) -> dict[str, str]:
    """The columns that tell of splits and dividends; of a factor and an adjusted close the factor."""
    beside = {}
    for name, aliases in BESIDE.items():
        said = asked.columns.get(name)
        column = said or next((plain[one] for one in aliases if one in plain and plain[one] not in taken), None)
        if column is not None and said != NONE:
            beside[name] = column
    if "factor" in beside and "adjusted_close" not in asked.columns:
        beside.pop("adjusted_close", None)
    return beside


def _refuse_nameless(found: Mapping[str, str], known: Recognised | None) -> None:
    if known is not None and known.format.needs_symbol and "symbol" not in found:
        raise BadDataError(
            f"this file of {known.format.title} has no column of symbols. Nothing of it was stored. "
            f"{known.format.needs_symbol}."
        )


def _first(plain: Mapping[str, str], name: str) -> str | None:
    return next((plain[known] for known in KNOWN[name] if known in plain), None)


def _time_columns(found: str | None, plain: Mapping[str, str], said: bool) -> tuple[str, ...]:  # noqa: FBT001
    if found is None:
        return ()
    if said:
        return tuple(found.split("+"))
    both = found == plain.get("date") and "time" in plain
    return (found, plain["time"]) if both else (found,)


def _doubts(
    found: Mapping[str, str], beside: Mapping[str, str], asked: Asked, known: Recognised | None
) -> tuple[str, ...]:
    doubts = [known.doubt] if known is not None and known.doubt else []
    headed = known is not None and known.shape.headed
    doubts += [] if "symbol" in found or headed else [f"the symbol is taken from {FILE_NAME}"]
    for name, column in found.items():
        if known is None and name not in asked.columns and plain_name(column) not in KNOWN[name][:2]:
            doubts.append(f"{column!r} is taken for the {name}")
    if known is not None and known.format.pays_twice and "dividend" in beside and "adjusted_close" not in beside:
        doubts.append(
            f"the prices are taken not to have the dividends of {beside['dividend']!r} in them, as downloads with "
            "auto_adjust have, where they would count twice: download with auto_adjust=False, or say --column "
            "dividend=none"
        )
    return tuple(doubts)
