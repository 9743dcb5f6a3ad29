"""Formats in which vendors and platforms export bars: what a file must look like to be one of them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from data.importing.lengths import Stamp
from data.importing.tables import Columns
from trading.errors import BadDataError


def plain_name(name: str) -> str:
    """In lower case without anything but letters and digits."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


@dataclass(frozen=True)
class Shape:
    """What a file of a format may look like.

    Attributes:
        needs: columns that it has, see `plain_name`.
        verbatim: columns that it has, as they stand.
        alone: it has no columns but `needs`.
        starts: its first column, see `plain_name`; empty where that doesn't matter.
        values: of a file without names of columns, a pattern of each value of its first line.
        delimiter: of such a file.
        fields: of such a file, by column; two of `time` are a date and a time of day.
        day: of a file of one day whose times are milliseconds since midnight, a pattern of its name with that day.
        headed: the symbol stands above the names of columns.
        common: others write it as well, so that it is taken for the format only when the user says so.
    """

    needs: tuple[str, ...] = ()
    verbatim: tuple[str, ...] = ()
    alone: bool = False
    starts: str = ""
    values: tuple[str, ...] = ()
    delimiter: str = ""
    fields: tuple[str, ...] = ()
    day: str = ""
    headed: bool = False
    common: bool = False

    def fits(self, columns: Columns, stem: str) -> bool:
        """Whether the file looks so.

        Args:
            columns: of the file; without names they are the values of its first line.
            stem: name of the file, without folder and endings.
        """
        if self.values:
            return (
                len(columns.names) == len(self.values)
                and columns.delimiter == self.delimiter
                and all(map(re.fullmatch, self.values, map(str.strip, columns.names)))
                and (not self.day or re.search(self.day, stem) is not None)
            )
        plain = [plain_name(name) for name in columns.names]
        return (
            set(self.needs) <= set(plain)
            and set(self.verbatim) <= set(columns.names)
            and (not self.alone or len(plain) == len(self.needs))
            and (not self.starts or plain[:1] == [self.starts])
            and (not self.headed or columns.symbol != "")
        )


@dataclass(frozen=True)
class Format:
    """How a vendor or platform exports bars. What the user says outranks it.

    Attributes:
        name: as the user says it.
        title: whose it is.
        shapes: by any of which it is recognised.
        columns: by field, see `plain_name`, where their names aren't the usual ones.
        timezone: of times that carry none.
        order: first part of a date, as of `strptime`, where day and month could change places.
        stamp: where in a minute its stamp is; None when it differs or isn't known.
        price_unit: dollars that its prices count as one; None when they are dollars.
        whole_unit: the same for prices that are written as whole numbers.
        adjusted: what its prices are adjusted for; empty for prices as printed, and where files differ.
        symbol: a pattern of the file's name, whose first group is the symbol.
        nameless: a pattern of names that its files are given and that hold no symbol.
        needs_symbol: the symbol is in a column; without one nobody can tell.
        pays_twice: without an adjusted close, its prices may hold the dividends that a column of them names.
    """

    name: str
    title: str
    shapes: tuple[Shape, ...]
    columns: Mapping[str, str] = field(default_factory=dict)
    timezone: str = ""
    order: str = ""
    stamp: Stamp | None = None
    price_unit: float | None = None
    whole_unit: float | None = None
    adjusted: str = ""
    symbol: str = ""
    nameless: str = ""
    needs_symbol: str = ""
    pays_twice: bool = False

    def changes(self, *, priced: bool = False, stamped: bool = False) -> tuple[str, ...]:
        """What is changed in all of its rows, in words.

        Args:
            priced: the user says the unit of prices.
            stamped: the user says where in a minute its stamp is.
        """
        unit = None if priced else self.price_unit or self.whole_unit
        said = [] if unit is None else [f"prices of {self.title} that count in {unit:g} USD are dollars"]
        said += [f"minutes of {self.title} moved from their end to their start"] * (self.stamp == "end" and not stamped)
        return tuple(said)


@dataclass(frozen=True)
class Recognised:
    """A file of a format.

    Attributes:
        shape: that it has.
        asked: the user said so.
    """

    format: Format
    shape: Shape
    asked: bool

    @property
    def columns(self) -> dict[str, str]:
        """Columns by field, those of a file without names by their number."""
        found: dict[str, str] = {}
        for at, name in enumerate(self.shape.fields):
            found[name] = f"{found[name]}+f{at}" if name in found else f"f{at}"
        return found

    @property
    def doubt(self) -> str:
        """What is guessed about a file without names of columns; else empty."""
        if not self.shape.values or self.asked:
            return ""
        of = "; ".join(("the columns", *self.format.changes()))
        return f"a file without names of columns is taken for one of {self.format.title} ({of})"


def recognised(
    columns: Columns, stem: str, formats: Sequence[Format], asked: str, *, header: bool = True, described: bool = False
) -> tuple[Columns, Recognised | None]:
    """The columns of a file and the format that it has; None for one of no format that is known.

    Args:
        columns: with the first line as names.
        stem: name of the file, without folder and endings.
        formats: that are known.
        asked: name of one; `auto` for any.
        header: the first line may name the columns, as far as the user says.
        described: the user says which column is which.

    Raises:
        BadDataError: it isn't of the format that was asked for.
    """
    known = [one for one in formats if asked in ("auto", one.name)]
    for form in known:
        for shape in form.shapes:
            told = shape.values and (described or not header)
            if not (asked == "auto" and (shape.common or told)) and shape.fits(columns, stem):
                return columns.nameless if shape.values else columns, Recognised(form, shape, asked != "auto")
    if asked == "auto":
        return columns if header else columns.nameless, None
    raise BadDataError(_misfit(columns, stem, known[0], formats))


def _misfit(columns: Columns, stem: str, form: Format, formats: Sequence[Format]) -> str:
    """Why a file isn't of the format, and of which it seems to be."""
    plain = {plain_name(name) for name in columns.names}
    lacking = [
        [name for name in (*shape.needs, *shape.verbatim) if name not in {*plain, *columns.names}]
        for shape in form.shapes
        if not shape.values
    ]
    least = min((one for one in lacking if one), key=len, default=[])
    why = f"it lacks the column(s) {', '.join(least)}" if least else "its first line is another"
    if lacking and not least:
        why = "its columns stand in another order, or there are others beside them"
    _, other = recognised(columns, stem, [one for one in formats if one is not form], "auto")
    instead = f"say --format {other.format.name}" if other is not None else "leave --format out"
    shown = ", ".join(map(repr, columns.names))[:200]
    return f"this is no file of {form.title}: {why} (it has {shown}); {instead}"


def symbol_of(stem: str, form: Format | None) -> str:
    """The symbol that the name of a file says.

    Raises:
        BadDataError: when it says none.
    """
    if form is not None and form.nameless and re.fullmatch(form.nameless, stem):
        raise BadDataError(
            f"its name, {stem!r}, says no symbol, and no column does. Nothing of it was stored. Rename it to "
            "its symbol, such as AAPL.csv."
        )
    found = re.search(form.symbol, stem) if form is not None and form.symbol else None
    return found[1].upper() if found else stem
