"""Training sets of bars: which setups are rows, what breaks do to them, and that one history is held at a time."""

from __future__ import annotations

import weakref

import numpy as np
import pyarrow as pa
import pytest

from tests.unit.trading.made_bars import random_panel
from trading.bars.actions import Break
from trading.bars.ended import Endings, ended_panels
from trading.bars.history import as_of
from trading.bars.panel import Panel, as_date
from trading.catalysts.earnings import earnings_catalyst
from trading.cycle.stages import Market, Patterns, analyse
from trading.outcomes.barriers import OutcomeRules
from trading.patterns.recognised import recognise_all
from trading.scanner.rules import large_cap
from trading.views.setups import build_setups
from tune.sets.from_market import from_histories, from_market
from tune.sets.training_set import TrainingSet


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


def test_one_history_is_held_at_a_time_and_some_rows_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each is gone before the next is made; made seven rows at a time, the set is the same to the bit."""
    panel = random_panel(11)
    days = np.unique(panel.sessions)
    cuts = [
        Break("S0", as_date(days[40]), "?"),
        Break("S1", as_date(days[60]), "?"),
        Break("S0", as_date(days[80]), "?"),
    ]
    before = as_date(days[-1])
    held: list[weakref.ref[Market]] = []

    def made(market: Market) -> tuple[Market, Patterns]:
        assert [one() for one in held] == [None] * len(held), "the one before is still there"
        held.append(weakref.ref(market))
        return market, _patterns(market)

    def last() -> tuple[Market, Patterns]:
        return made(analyse(as_of(panel, (), cuts, days[-1])))

    def ended(one: tuple[Panel, Endings]) -> tuple[Market, Patterns]:
        return made(analyse(one[0], endings=one[1]))

    def whole() -> TrainingSet:
        held.clear()
        return from_histories(
            last, map(ended, ended_panels(panel, (), cuts, before)), OutcomeRules(), large_cap(), before
        )

    at_once = whole()
    assert len(held) == 3
    monkeypatch.setattr("tune.sets.from_market.CHUNK_ROWS", 7)
    assert whole().sha256 == at_once.sha256
    assert whole().undecided == at_once.undecided


def _patterns(market: Market) -> Patterns:
    events = pa.table({"symbol": pa.array([], pa.string()), "event_date": pa.array([], pa.date32())})
    return Patterns(recognise_all(market.panel, market.indicators["atr_14"]), earnings_catalyst(market.panel, events))
