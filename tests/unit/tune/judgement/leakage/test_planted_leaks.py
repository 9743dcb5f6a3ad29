"""A leak of each kind is found, and nothing is found where none is."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from tests.fakes.planted import planted
from trading.arrays import Floats
from trading.bars.panel import as_day
from trading.errors import ModelError
from tune.judgement.leakage.again import OF_NEWS, RowsThen
from tune.judgement.leakage.checks import leakage
from tune.judgement.leakage.columns import weighted_auc
from tune.judgement.leakage.finding import Findings, refuse_leaks
from tune.sets.splits import EMBARGO_SESSIONS, Split, combinatorial_purged, holdout, walk_forward
from tune.sets.training_set import TrainingSet

DATA = planted(3, sessions=80, per_session=30, skill=0.25)
COLUMN = DATA.features.index("rsi_14")
NEWS = DATA.features.index("has_catalyst")


def with_column(values: Floats, at: int = COLUMN) -> TrainingSet:
    """The data with another column."""
    matrix = DATA.matrix.copy()
    matrix[:, at] = values
    return replace(DATA, matrix=matrix)


def then_of(data: TrainingSet) -> object:
    """What was known at each close is what the data say."""

    def then(session: date) -> RowsThen:
        rows = np.flatnonzero(data.session == as_day(session))
        return RowsThen(np.array(data.symbols)[data.symbol[rows]], data.direction[rows], data.matrix[rows])

    return then


def found(data: TrainingSet, parts: list[tuple[TrainingSet, Split]] | None = None) -> Findings:
    """By all checks, against `DATA` as what was known at each close."""
    return leakage(data, parts or [(data, holdout(data, 0.25, EMBARGO_SESSIONS))], then_of(DATA))  # type: ignore[arg-type]


def kinds(findings: Findings) -> set[str]:
    """Of which something was found."""
    return {kind for kind, one in findings.items() if one.leak}


def test_honest_rows_have_no_leak() -> None:
    """Though one column tells successes with a skill no market allows for long; each figure is on record."""
    splits = [
        holdout(DATA, 0.25, EMBARGO_SESSIONS),
        *walk_forward(DATA, 3, EMBARGO_SESSIONS),
        *combinatorial_purged(DATA),
    ]
    findings = found(DATA, [(DATA, split) for split in splits])
    assert kinds(findings) == set()
    assert {kind: one.figure is not None for kind, one in findings.items()} == dict.fromkeys(
        ("feature", "news_time", "label", "scaler", "split", "identity"), True
    )
    refuse_leaks(findings)


def test_a_column_that_is_the_label_is_found() -> None:
    """The outcome itself, the return with noise, its rank turned round, and a column that is known for winners only."""
    noise = np.random.default_rng(1).normal(0, 0.2, len(DATA))
    winners = np.where(DATA.success > 0, noise, np.nan)
    returns = DATA.net_return / DATA.net_return.std()
    for values in (DATA.success + noise, returns + noise, -np.exp(returns), winners):
        assert "label" in kinds(found(with_column(values)))
    with pytest.raises(ModelError, match=r"label leakage: rsi_14 .*Nothing was trained"):
        refuse_leaks(found(with_column(DATA.success)))


def test_a_column_that_names_the_row_is_found() -> None:
    """Symbol numbers however encoded, the row number, the session, and either turned round; not a flag of symbols."""
    symbol = DATA.symbol.astype(np.float64)
    codes = np.random.default_rng(2).normal(size=len(DATA.symbols))[DATA.symbol]
    days = DATA.session.astype(np.int64).astype(np.float64)
    for values in (symbol, codes, np.arange(len(DATA)) / 7, -np.sqrt(np.arange(len(DATA))), days):
        assert kinds(found(with_column(values))) >= {"identity"}
    assert "identity" not in kinds(found(with_column(np.where(DATA.symbol < 10, 1.0, 0.0))))


def test_a_setup_that_is_there_twice_is_found() -> None:
    """The same bar twice, and a copy of a training row under the date of a test row."""
    rows = np.sort(np.concatenate([np.arange(len(DATA)), [5]]))
    assert "2 setups" in found(DATA.take(np.sort(np.concatenate([rows, [9]]))))["identity"].leak
    early, late = 40, len(DATA) - 20
    matrix, returns, symbol = DATA.matrix.copy(), DATA.net_return.copy(), DATA.symbol.copy()
    matrix[late], returns[late], symbol[late] = matrix[early], returns[early], symbol[early]
    copied = replace(DATA, matrix=matrix, net_return=returns, symbol=symbol)
    assert found(copied)["identity"].leak == "1 setups are there twice" or found(copied)["identity"].figure >= 1


def test_a_scaler_fitted_on_all_rows_is_found() -> None:
    """Z-scores, robust scores and ranks of everything; not the same fitted on the training part alone."""
    values = DATA.matrix[:, COLUMN].astype(np.float64) * 7 + 3
    low, middle, high = np.nanquantile(values, [0.25, 0.5, 0.75])
    whole = np.argsort(np.argsort(np.random.default_rng(3).normal(size=len(DATA)))).astype(np.float64)
    for scaled in ((values - np.nanmean(values)) / np.nanstd(values), (values - middle) / (high - low), whole / 10):
        assert "scaler" in kinds(found(with_column(scaled)))
    train = values[holdout(DATA, 0.25, EMBARGO_SESSIONS).train]
    assert "scaler" not in kinds(found(with_column((values - np.nanmean(train)) / np.nanstd(train))))


def test_a_column_that_knows_a_later_bar_is_found() -> None:
    """A later value of the symbol; in a column of news it is news time, and one row in twenty is enough."""
    ahead = np.roll(DATA.matrix, -len(DATA.symbols), axis=0)
    assert kinds(found(with_column(ahead[:, COLUMN]))) == {"feature"}
    assert kinds(found(with_column(ahead[:, NEWS], NEWS))) == {"news_time"}
    told = DATA.matrix[:, NEWS].copy()
    told[::20] = 7.0
    assert "has_catalyst" in found(with_column(told, NEWS))["news_time"].leak, "an event before it was known"


def test_a_setup_that_was_not_there_at_its_close_is_found() -> None:
    """A pattern that later bars complete makes a row that nobody could trade."""
    turned = DATA.direction.copy()
    turned[::10] = -1
    assert "feature" in kinds(found(replace(DATA, direction=turned)))


@pytest.mark.parametrize("embargo", [0, EMBARGO_SESSIONS - 1])
def test_a_split_without_the_whole_embargo_is_found(embargo: int) -> None:
    """Before a test part as before and after the blocks of combinatorial splits."""
    for split in (holdout(DATA, 0.25, embargo), walk_forward(DATA, 3, embargo)[1]):
        assert kinds(found(DATA, [(DATA, split)])) == {"split"}
    assert kinds(found(DATA, [(DATA, one) for one in combinatorial_purged(DATA, embargo_sessions=embargo)])) == {
        "split"
    }


def test_a_split_that_is_not_purged_or_judges_what_it_learned_is_found() -> None:
    """All earlier rows, and one test row among the training rows."""
    split = holdout(DATA, 0.25, EMBARGO_SESSIONS)
    first = DATA.session[split.test].min()
    unpurged = Split(np.flatnonzero(DATA.session < first), split.test)
    shared = Split(np.append(split.train, split.test[3]), split.test)
    for bad in (unpurged, shared):
        assert kinds(found(DATA, [(DATA, bad)])) == {"split"}


def test_without_bars_what_could_not_be_checked_is_said() -> None:
    """Rows from the record have no bars to make them of again; that is no leak and no all-clear."""
    findings = leakage(DATA, [(DATA, holdout(DATA, 0.25, EMBARGO_SESSIONS))])
    assert findings["feature"].figure is None
    assert "recorded at each close" in findings["feature"].unchecked
    refuse_leaks(findings)


def test_the_weighted_area_is_that_of_rows_repeated() -> None:
    """Successes at 3 (twice) and 1, failures at 2 and 1: of 6 pairs 4 are won, 1 lost and 1 tied: 4.5 / 6."""
    success = np.array([True, True, False, False])
    area = weighted_auc(np.array([3.0, 1.0, 2.0, 1.0]), success, np.array([2.0, 1.0, 1.0, 1.0]))
    assert area == pytest.approx(4.5 / 6)


def test_columns_that_nothing_learns_from_are_not_called_checked() -> None:
    """Without any source of events and news there is nothing to compare."""
    matrix = DATA.matrix.copy()
    matrix[:, [DATA.features.index(name) for name in OF_NEWS]] = np.nan
    data = replace(DATA, matrix=matrix).without_unknown(np.arange(len(DATA)))
    told = found(data)["news_time"]
    assert (told.figure, told.unchecked) == (None, "no column of this kind is learned from")
