"""An exam of the data gates: splits and distributions of the whole US market against what the source knows of them.

The truth is built from `cum_adj` of `us_all_daily_2015_2016` and from what prices did in the sessions around, later
ones included, which the gates may not look at. Where the source contradicts its own prices, or prices show what looks
like a split and the source is silent, the case is doubtful: it is printed and counts neither way.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from adapters.calendar import sessions_between
from trading.arrays import Days, Floats, Ints
from trading.bars.panel import symbol_codes
from trading.errors import BadDataError
from trading.gates import Screened, screen
from trading.gates.factors import NOTHING_STATED, Rows, Statements, statements

FILE = "us_all_daily_2015_2016.parquet"
LEAST = 0.08
"""Of the logarithm: smaller factors are ordinary dividends."""
SAME_RATIO = 5e-3
AROUND = 5
"""Sessions before and after, whose median closes tell where the price was and went."""
DOLLAR_SESSIONS = 20
USUAL_DOLLARS = (1 / 3, 3.0)
NEAR_SPLIT, NEAR_REVERSE = 0.04, 0.15
SHIFT = 0.35

Kind = Literal["split", "distribution"]


@dataclass(frozen=True)
class Event:
    """Something that happened to the shares of a symbol before the open of a session.

    Attributes:
        ratio: earlier prices times this can be compared with later ones.
        doubt: why it may not be so; empty where source and prices agree.
    """

    symbol: str
    session: date
    kind: Kind
    ratio: float
    doubt: str = ""


@dataclass(frozen=True)
class Market:
    """Bars by symbol, then session."""

    names: Any
    code: Ints
    session: Days
    open: Floats
    close: Floats
    dollars: Floats
    factor: Floats


@dataclass(frozen=True)
class Score:
    """How the gates did.

    Attributes:
        precision: of what they put on record, the share that happened, of the same kind, ratio and session.
        recall: of what happened, the share that they put on record.
        found: events on record that happened.
        wrong: events on record that didn't.
        missed: events that happened and aren't on record.
        breaks: on record.
        withheld_without_cause: bars withheld by breaks at sessions at which nothing happened.
    """

    precision: float
    recall: float
    found: int
    wrong: int
    missed: int
    breaks: int
    withheld_without_cause: int


@dataclass(frozen=True)
class Exam:
    """Both scores, and the truth that they were judged by."""

    with_factors: Score
    prices_alone: Score
    truth: tuple[Event, ...]
    wrong: dict[str, tuple[str, ...]]

    def json(self) -> str:
        """One JSON object."""
        doubtful = [{**asdict(event), "session": str(event.session)} for event in self.truth if event.doubt]
        return json.dumps(
            {
                "with_factors": asdict(self.with_factors),
                "prices_alone": asdict(self.prices_alone),
                "truth": {
                    "splits": sum(event.kind == "split" and not event.doubt for event in self.truth),
                    "distributions": sum(event.kind == "distribution" and not event.doubt for event in self.truth),
                    "doubtful": doubtful,
                },
                "wrong": self.wrong,
            }
        )

    def text(self) -> str:
        """The scores, then every case that is doubtful."""
        lines = []
        for name, score in (("with factors", self.with_factors), ("prices alone", self.prices_alone)):
            lines.append(
                f"{name}: precision {score.precision:.3f}, recall {score.recall:.3f} ({score.found} found, "
                f"{score.wrong} wrong, {score.missed} missed); {score.breaks} breaks, "
                f"{score.withheld_without_cause:,} bars withheld without cause"
            )
        lines.append("doubtful, so not counted:")
        lines += [
            f"  {event.symbol} {event.session} {event.kind} {event.ratio:.6g}: {event.doubt}"
            for event in self.truth
            if event.doubt
        ]
        return "\n".join(lines)


def run() -> Exam:
    """The exam on the whole file.

    Raises:
        BadDataError: when the file isn't there.
    """
    path = Path(os.environ.get("INPLAY_SHARED", "../shared")) / "data" / FILE
    if not path.exists():
        raise BadDataError(f"There is no {path}. Set INPLAY_SHARED to the folder that has data/{FILE}.")
    return exam(pq.read_table(path))


def exam(table: pa.Table) -> Exam:
    """The gates' work on a table with symbol, date, open, high, low, close, volume and cum_adj, twice."""
    table = table.sort_by([("symbol", "ascending"), ("date", "ascending")])
    prices = {name: table.column(name).cast(pa.float64()) for name in ("open", "high", "low", "close")}
    session = table.column("date").cast(pa.date32())
    bars = pa.table({"symbol": table.column("symbol"), "session": session, **prices, "volume": table.column("volume")})
    names, codes = symbol_codes(bars.column("symbol"))
    days = session.to_numpy().astype("datetime64[D]")
    close = prices["close"].to_numpy()
    factor = table.column("cum_adj").to_numpy().astype(np.float64)
    dollars = close * table.column("volume").to_numpy()
    market = Market(names, codes.astype(np.int64), days, prices["open"].to_numpy(), close, dollars, factor)
    truth = tuple(truth_of(market))
    nothing = np.full(len(close), np.nan)
    stated = statements(Rows(names, market.code, days, factor, close, nothing, nothing), {})
    kinds: dict[str, tuple[Statements, tuple[Kind, ...]]] = {
        "with_factors": (stated, ("split", "distribution")),
        "prices_alone": (NOTHING_STATED, ("split",)),
    }
    expected = sessions_between(days.min().item(), days.max().item())
    scores, wrong = {}, {}
    for name, (said, judged) in kinds.items():
        screened = screen(bars, expected_sessions=expected, stated=said)
        scores[name], wrong[name] = _score(screened, truth, judged)
    return Exam(scores["with_factors"], scores["prices_alone"], truth, wrong)


def _score(screened: Screened, truth: tuple[Event, ...], kinds: tuple[Kind, ...]) -> tuple[Score, tuple[str, ...]]:
    happened = {(one.symbol, one.session): one for one in truth}
    recorded = [Event(one.symbol, one.session, "split", 1 / one.factor) for one in screened.splits]
    if "distribution" in kinds:
        split = {(one.symbol, one.session) for one in screened.splits}
        recorded += [
            Event(one.symbol, one.session, "distribution", one.factor)
            for one in screened.dividends
            if abs(np.log(one.factor)) >= LEAST and (one.symbol, one.session) not in split
        ]
    found, wrong = set(), []
    for event in recorded:
        known = happened.get((event.symbol, event.session))
        if known is not None and known.doubt:
            continue
        if known is None or known.kind != event.kind or abs(event.ratio / known.ratio - 1) > SAME_RATIO:
            wrong.append(f"{event.symbol} {event.session} {event.kind} {event.ratio:.6g}")
        else:
            found.add((event.symbol, event.session))
    asked = {key for key, one in happened.items() if not one.doubt and one.kind in kinds}
    missed = len(asked - found)
    gates = ("unexplained_jump", "large_distribution", "symbol_reuse")
    withheld = sum(
        finding.rows
        for finding in screened.findings
        if finding.gate in gates and (finding.symbol, finding.session) not in happened
    )
    score = Score(
        precision=len(found) / max(len(found) + len(wrong), 1),
        recall=len(found & asked) / max(len(asked), 1),
        found=len(found),
        wrong=len(wrong),
        missed=missed,
        breaks=len(screened.breaks),
        withheld_without_cause=withheld,
    )
    return score, tuple(sorted([*wrong, *(f"missed {symbol} {day}" for symbol, day in sorted(asked - found))]))


def truth_of(market: Market) -> Iterator[Event]:
    """What happened: each large change of the factor, and what looks like one that the factor lacks."""
    starts = np.flatnonzero(np.diff(market.code, prepend=-1))
    ends = np.append(starts[1:], len(market.code))
    before = np.roll(market.factor, 1) / market.factor
    moves = np.log(market.open / np.roll(market.close, 1))
    first = np.zeros(len(before), dtype=np.bool_)
    first[starts] = True
    with np.errstate(invalid="ignore", divide="ignore"):
        told = ~first & (np.abs(np.log(before)) >= LEAST)
        jumped = ~first & ~told & (np.abs(moves) >= SHIFT)
    for row in np.flatnonzero(told | jumped).tolist():
        at = int(np.searchsorted(starts, row, side="right") - 1)
        shift = _shift(market, row, int(starts[at]), int(ends[at]))
        ratio, name, session = float(before[row]), str(market.names[market.code[row]]), market.session[row].item()
        if told[row]:
            kind = _kind(ratio, float(market.close[row - 1]))
            follows = abs(shift - np.log(ratio)) < abs(shift) and abs(moves[row] - np.log(ratio)) < abs(moves[row])
            doubt = "" if follows else f"the price moved by {np.exp(shift):.4g} and opened at {np.exp(moves[row]):.4g}"
            yield Event(name, session, kind, ratio, doubt)
        elif _like_a_split(market, row, (int(starts[at]), int(ends[at])), shift, float(moves[row])):
            doubt = "prices and dollar volume look like a split, and the source is silent"
            yield Event(name, session, "split", float(np.exp(moves[row])), doubt)


def _shift(market: Market, row: int, start: int, end: int) -> float:
    """Of the logarithm of the close, from the sessions before to those from the row on."""
    before = np.median(market.close[max(start, row - AROUND) : row])
    return float(np.log(np.median(market.close[row : min(end, row + AROUND)]) / before))


def _like_a_split(market: Market, row: int, bounds: tuple[int, int], shift: float, move: float) -> bool:
    start, end = bounds
    if abs(move - shift) > abs(move) / 2 or row - start < AROUND or end - row < AROUND:
        return False
    before = np.median(market.dollars[max(start, row - DOLLAR_SESSIONS) : row])
    after = np.median(market.dollars[row : min(end, row + AROUND)])
    shares = np.exp(abs(move))
    near = abs(np.log(shares / max(round(shares), 2)))
    least, most = USUAL_DOLLARS
    return bool(least * before <= after <= most * before and near <= (NEAR_SPLIT if move < 0 else NEAR_REVERSE))


def _kind(ratio: float, close_before: float) -> Kind:
    """A split has a ratio of small whole numbers; a distribution an amount of whole cents, or neither."""
    if ratio > 1:
        return "split"
    shares = 1 / ratio
    if abs(shares / round(shares) - 1) <= 3e-4 or abs(shares / 1.5 - 1) <= 3e-4:  # noqa: PLR2004 - see the docstring
        cents = 100 * close_before * (1 - ratio)
        return "distribution" if ratio > 0.7 and abs(cents - round(cents)) < 1e-3 else "split"  # noqa: PLR2004
    small = min((Fraction(round(20 * shares), 20), Fraction(4, 3), Fraction(5, 3)), key=_distance(shares))
    cents = 100 * close_before * (1 - ratio)
    exact = abs(float(small) * ratio - 1) <= 5e-6  # noqa: PLR2004 - single precision
    return "split" if exact and abs(cents - round(cents)) >= 1e-3 else "distribution"  # noqa: PLR2004


def _distance(value: float) -> Any:
    return lambda fraction: abs(float(fraction) - value)
