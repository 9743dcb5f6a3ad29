"""The training set holds setups with known outcomes in the order of time, and says what it holds."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from tests.fakes.planted import planted
from tests.unit.trading.made_bars import random_panel
from trading.bars.actions import Break
from trading.bars.ended import ended_panels
from trading.bars.history import as_of
from trading.bars.panel import as_date
from trading.catalysts.earnings import earnings_catalyst
from trading.cycle.stages import Market, Patterns, analyse
from trading.errors import ModelError
from trading.outcomes.barriers import OutcomeRules
from trading.patterns.recognised import recognise_all
from trading.scanner.rules import large_cap
from trading.views.members.registry import MEMBERS
from trading.views.setups import build_setups
from tune.sets.from_market import from_market
from tune.sets.training_set import UNKNOWN, TrainingSet, columns_of

DATA = planted(3, sessions=12, per_session=5)


def changed(name: str, at: int, value: object) -> TrainingSet:
    """The data with one value replaced."""
    array = getattr(DATA, name).copy()
    array[at] = value
    return replace(DATA, **{name: array})


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("session", np.datetime64("2009-01-01"), "must ascend"),
        ("success", np.nan, "no outcome"),
        ("net_return", np.inf, "no outcome"),
        ("known_session", np.datetime64("NaT"), "at its own decision or never"),
        ("known_session", np.datetime64("2009-09-01"), "at its own decision or never"),
    ],
)
def test_rows_that_would_leak_or_mislead_are_refused(name: str, value: object, why: str) -> None:
    """Order, outcome and the session that made it known are checked when the set is made."""
    with pytest.raises(ModelError, match=why):
        changed(name, 30, value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("matrix", 7.0),
        ("success", 0.5),
        ("net_return", 0.5),
        ("known_session", np.datetime64("2010-01-01")),
        ("rule_confidence", 0.123),
        ("weight", 0.123),
        ("direction", -1),
        ("symbol", 1),
    ],
)
def test_the_digest_changes_with_every_part(name: str, value: object) -> None:
    """One value suffices; the same rows have the same digest."""
    assert changed(name, 30, value).sha256 != DATA.sha256
    assert DATA.take(np.arange(len(DATA))).sha256 == DATA.sha256
    assert replace(DATA, features=DATA.features[::-1]).sha256 != DATA.sha256
    assert replace(DATA, symbols=("X", *DATA.symbols[1:])).sha256 != DATA.sha256
    more = replace(DATA, symbols=("A", *DATA.symbols), symbol=DATA.symbol + np.int32(1))
    assert more.sha256 == DATA.sha256, "a symbol that no row is about is nothing to learn from"


def test_only_outcomes_known_before_a_session_are_taken() -> None:
    """Known at its close is not known at its open."""
    day = np.unique(DATA.known_session)[3]
    kept = DATA.known_before(day)
    assert len(kept) == int((DATA.known_session < day).sum())
    assert (kept.known_session < day).all()


def test_a_history_gives_its_setups_whose_outcome_was_known() -> None:
    """Ascending, one row a bar and direction, and the same rows whether or not the history goes on."""
    panel = random_panel(11)
    sessions = np.unique(panel.sessions)
    first_replay = as_date(sessions[90])

    def training(until: np.datetime64) -> TrainingSet:
        market = analyse(panel.take(np.flatnonzero(panel.sessions <= until)))
        return from_market(market, _patterns(market), OutcomeRules(), large_cap(), first_replay)

    early, whole = training(sessions[89]), training(sessions[-1])
    assert len(early) > 50
    assert early.sha256 == whole.sha256


def test_what_a_break_cuts_off_is_learned_from_with_its_loss() -> None:
    """S0 falls to a tenth at a break: its earlier setups are rows, those held into it with the loss, none vanishes."""
    panel = random_panel(11)
    days = np.unique(panel.sessions)
    at = np.flatnonzero((panel.symbol_index == 0) & (panel.sessions >= days[60]))
    for prices in (panel.open, panel.high, panel.low, panel.close):
        prices[at] /= 10
    cut = Break("S0", as_date(panel.sessions[at[0]]), "?")
    market = analyse(as_of(panel, (), (cut,), days[-1]))
    ((before, ends),) = ended_panels(panel, (), (cut,), as_date(days[-1]))
    ended = analyse(before, endings=ends)
    given = (market, _patterns(market), OutcomeRules(), large_cap(), as_date(days[-1]))
    without, whole = from_market(*given), from_market(*given, ended=[(ended, _patterns(ended))])
    assert not (np.isin(without.net_return, whole.net_return, invert=True)).any(), "the other rows are as they were"
    new = whole.net_return[np.isin(whole.net_return, without.net_return, invert=True)]
    lost = whole.net_return[whole.known_session == np.datetime64(cut.session)]
    assert len(new) == len(whole) - len(without) > len(lost)
    longs = lost[(lost < -0.8) & (lost > -1)]
    assert len(longs) > 0, "a long loses nine tenths, a short gains nothing that nobody explains"
    assert lost.max() < 0.3
    setups = build_setups(
        ended.panel, ended.indicators, ended.context, _patterns(ended).detections, _patterns(ended).catalyst,
        rows=ended.ended_rows,
    )  # fmt: skip
    counted = sum(whole.undecided.values()) - sum(without.undecided.values())
    assert counted + len(new) == len(setups.row), "each ends as a row or is counted"
    assert "break" in whole.undecided or not (setups.row == ended.ended_rows[-1]).any()


def _patterns(market: Market) -> Patterns:
    events = pa.table({"symbol": pa.array([], pa.string()), "event_date": pa.array([], pa.date32())})
    return Patterns(recognise_all(market.panel, market.indicators["atr_14"]), earnings_catalyst(market.panel, events))


def test_columns_that_no_chosen_row_knows_are_left_out() -> None:
    """One column unknown everywhere, one known only in a later row, one known once: the first two are left out."""
    matrix = DATA.matrix.copy()
    never, later, once = (DATA.features.index(name) for name in ("news_volume", "catalyst_score", "rsi_14"))
    matrix[:, [never, later, once]] = np.nan
    matrix[50, later] = matrix[7, once] = 1.0
    data = replace(DATA, matrix=matrix)
    told = data.without_unknown(np.arange(40))
    assert told.left_out == {"news_volume": UNKNOWN, "catalyst_score": UNKNOWN}
    assert told.take(np.arange(10)).left_out == told.left_out
    assert told.sha256 != data.sha256, "models that learn from other columns are other models"
    seen = {member.name: {data.features[at] for at in columns_of(member, told)} for member in MEMBERS}
    for kind, spec in {member.name: member for member in MEMBERS}.items():
        assert seen[kind] == set(spec.features) - {"news_volume", "catalyst_score"}, kind
