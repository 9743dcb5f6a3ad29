"""An archive of bars, a file or a folder, as a source of an import."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa

from adapters.bars.files import BAR_S, Timeframe
from adapters.feeds.source import Chunk, NoBarsError
from data.importing.evidence import Evidence
from data.importing.examining import Plan, examined, reading_of
from data.importing.factor_file import FactorFile, read_factors
from data.importing.files import BarFileIn, digest_of, files_of, reading
from data.importing.formats import Shape, recognised, symbol_of
from data.importing.layout import Asked, Layout, lay_out
from data.importing.parsing import Reading
from data.importing.problems import refusals
from data.importing.tables import columns_of, rows_of
from data.importing.vendors import FORMATS
from data.importing.weeks import refuse_days
from trading.arrays import Days
from trading.errors import BadDataError, ConfigurationError, InplayError
from trading.gates import Finding

EXAMINED_FILES = 32
"""Of a folder, evenly spread; the others are examined as they are read."""
LENGTHS: dict[Timeframe, str] = {name: f"{length:,} s long" for name, length in BAR_S.items()} | {"1d": "days"}
SHOWN = 5


@dataclass(frozen=True)
class Archive:
    """Files of bars; a `BarSource`.

    Attributes:
        name: of the source.
        inside: the files.
        strange: files that aren't of bars, with the reason.
        plans: the files whose columns are known, by name.
        refused: why the others can't be read, by name.
        timeframe: length of the bars of most files; files with others are refused.
        asked: what the user says of them.
        factors: from a file of their own.
        examined: how files are read, by name, as far as they were looked into.
    """

    name: str
    inside: tuple[BarFileIn, ...]
    strange: tuple[tuple[str, str], ...]
    plans: Mapping[str, Plan]
    refused: Mapping[str, BadDataError]
    timeframe: Timeframe
    asked: Asked
    factors: FactorFile | None = None
    examined: Mapping[str, Reading] = field(default_factory=dict)

    @property
    def corrections(self) -> tuple[str, ...]:
        """What is changed in all rows, and in those of files of a format."""
        forms = {layout.form.name: layout.form for layout, _ in self.layouts if layout.form is not None}
        said = {"priced": self.asked.price_unit is not None, "stamped": self.asked.stamp is not None}
        return self.asked.changes + tuple(words for form in forms.values() for words in form.changes(**said))

    @property
    def layouts(self) -> list[tuple[Layout, list[str]]]:
        """Each layout and the names of the files that have it, the most frequent first."""
        found: dict[int, tuple[Layout, list[str]]] = {}
        for plan in self.plans.values():
            found.setdefault(id(plan.layout), (plan.layout, []))[1].append(plan.file.name)
        return sorted(found.values(), key=lambda pair: -len(pair[1]))

    @property
    def words(self) -> str:
        """How the files are read, a line a layout."""
        head = f"{self.timeframe} bars in {len(self.plans)} file(s)"
        layouts = self.layouts
        if len(layouts) == 1:
            return f"{head}: {layouts[0][0].words(self.timeframe)}"
        lines = [
            f"  {len(names)} such as {names[0]}: {layout.words(self.timeframe)}" for layout, names in layouts[:SHOWN]
        ]
        more = [f"  and {len(layouts) - SHOWN} other layouts"] if len(layouts) > SHOWN else []
        return "\n".join([head, *lines, *more])

    @property
    def guessed(self) -> tuple[str, ...]:
        """What isn't certain, in words."""
        doubts = [doubt for layout, _ in self.layouts for doubt in layout.guessed]
        styles = {found.units.style.words for found in self.examined.values()} if not self.asked.numbers else set()
        doubts += [f"numbers have {words}" for words in sorted(styles - {""})]
        return tuple(dict.fromkeys(doubts))

    def sha256(self) -> str:
        """Of the file; of names and hashes of all files of a folder. Read in another way it is another source."""
        digest = digest_of(list(self.inside))
        otherwise = [self.factors.sha256] if self.factors is not None else []
        otherwise += [self.asked.reads_otherwise] if self.asked.reads_otherwise else []
        return hashlib.sha256(" ".join([digest, *otherwise]).encode()).hexdigest() if otherwise else digest

    def files(self) -> Iterator[tuple[str, Iterator[Chunk]]]:
        """Every file; those that aren't of bars raise when they are read.

        Raises:
            BadDataError: at the end, where the days of all files together are no days.
        """
        for name, reason in self.strange:
            yield name, _Unread(NoBarsError(reason))
        days: list[Days] = []
        for file in self.inside:
            plan = self.plans.get(file.name)
            yield file.name, _Unread(self.refused[file.name]) if plan is None else self._chunks(plan, days)
        together = np.unique(np.concatenate(days)) if days else np.array([], dtype="datetime64[D]")
        try:
            refuse_days(together, forced=self.asked.timeframe is not None)
        except BadDataError as error:
            raise BadDataError(f"Of all files together: {error} Nothing was stored.") from None

    def _chunks(self, plan: Plan, days: list[Days]) -> Iterator[Chunk]:
        odd: list[str] = []
        found, all_rows = self._reading(plan, odd)
        evidence = plan.evidence(found, self.asked)
        read = rows_of(plan.file, plan.columns, plan.layout.used, odd=odd) if all_rows is None else [all_rows]
        for rows in read:
            with reading(plan.file.name):
                chunk = found.chunk(plan.named(rows) if all_rows is None else rows, evidence)
            yield chunk
            yield from _malformed(odd, plan, found)
        yield from _malformed(odd, plan, found)  # of a file that has no other row
        evidence.judge()
        findings = _adjusted(plan, evidence)
        if findings:
            yield Chunk(_no_bars(plan, found), findings=findings)
        days.append(evidence.days)

    def _reading(self, plan: Plan, odd: list[str]) -> tuple[Reading, pa.Table | None]:
        """How the file is read, and all its rows where they are few; see `examined`.

        Raises:
            BadDataError: when that can't be said, or its bars are of another length than those of most files.
        """
        try:
            known = self.examined.get(plan.file.name)
            found, rows = (known, None) if known else examined(plan, self.asked, self.factors, odd=odd)
        except ConfigurationError as error:
            raise BadDataError(str(error)) from None
        if found.timeframe != self.timeframe:
            raise BadDataError(
                f"its bars are {LENGTHS[found.timeframe]}, and those of most files {LENGTHS[self.timeframe]}. Import "
                "it by itself."
            )
        return found, rows


def _malformed(odd: list[str], plan: Plan, found: Reading) -> Iterator[Chunk]:
    """The rows that were set aside so far, if any; they are taken out of the list, to which the reader adds."""
    taken = odd[:]
    del odd[: len(taken)]
    if taken:
        yield Chunk(
            _no_bars(plan, found), refusals(iter(taken), "malformed_row", "the row has too few or too many columns")
        )


def _no_bars(plan: Plan, found: Reading) -> pa.Table:
    """A table without rows, with the columns of the file's bars."""
    return found.chunk(plan.named(pa.table({name: pa.array([], pa.string()) for name in plan.layout.used}))).bars


def _adjusted(plan: Plan, evidence: Evidence) -> tuple[Finding, ...]:
    """That the prices of the file's format aren't those that were printed."""
    form = plan.layout.form
    if form is None or not form.adjusted:
        return ()
    also = form.pays_twice and "adjusted_close" not in plan.layout.beside
    what = form.adjusted + (", and for dividends unless auto_adjust=False was said," if also else "")
    return evidence.told.adjusted(form.title, what)


class _Unread(Iterator[Chunk]):
    """A file that isn't of bars: asked for its rows, it says why not."""

    def __init__(self, error: BadDataError) -> None:
        self._error = error

    def __next__(self) -> Chunk:
        raise self._error


def open_archive(path: Path, asked: Asked, name: str = "") -> Archive:
    """The archive at `path`, with what is guessed about it in `guessed`.

    Raises:
        BadDataError: when no file can be read, with the reason of the first.
        ConfigurationError: when the user must say more: the time zone, or which of two formats the times have.
    """
    inside, strange = files_of(path)
    factors = None if asked.factors is None else read_factors(asked.factors)
    plans: dict[str, Plan] = {}
    refused: dict[str, InplayError] = {}
    layouts: dict[tuple[tuple[str, ...], Shape | None], Layout] = {}
    for file in inside:
        try:
            columns, seen = recognised(
                columns_of(file), file.stem, FORMATS, asked.form, header=asked.header, described=bool(asked.columns)
            )
            key = columns.names, seen.shape if seen is not None else None
            if key not in layouts:
                layouts[key] = lay_out(columns.names, asked, seen)
            if "symbol" not in layouts[key].columns and not columns.symbol:
                symbol_of(file.stem, layouts[key].form)
            plans[file.name] = Plan(file, columns, layouts[key])
        except (BadDataError, ConfigurationError) as error:
            refused[file.name] = error
    known: dict[str, Reading] = {}
    errors = dict(refused)
    for plan in _spread(list(plans.values())):
        try:
            known[plan.file.name] = reading_of(plan, asked, factors)
        except (BadDataError, ConfigurationError) as error:
            errors[plan.file.name] = error
    if not known:
        raise _first_error(path, errors, strange)
    said = Counter(found.timeframe for found in known.values())
    return Archive(
        name or path.name, tuple(inside), tuple(strange), plans,
        {at: one if isinstance(one, BadDataError) else BadDataError(str(one)) for at, one in refused.items()},
        asked.timeframe or said.most_common(1)[0][0], asked, factors, known,
    )  # fmt: skip


def _spread(plans: list[Plan]) -> list[Plan]:
    """Some of the files, evenly spread over all."""
    count = min(len(plans), EXAMINED_FILES)
    return [plans[at * (len(plans) - 1) // max(count - 1, 1)] for at in range(count)]


def _first_error(path: Path, errors: dict[str, InplayError], strange: list[tuple[str, str]]) -> InplayError:
    """Why nothing can be read: what the user must say, else the reason of the first file."""
    asked = next((error for error in errors.values() if isinstance(error, ConfigurationError)), None)
    if asked is not None:
        return asked
    reasons = [reason for _, reason in strange] + [str(error) for error in errors.values()]
    reason = reasons[0] if reasons else "there is no file in it"
    return BadDataError(f"Nothing of {path} can be read: {reason.rstrip('.')}. Nothing was stored.")
