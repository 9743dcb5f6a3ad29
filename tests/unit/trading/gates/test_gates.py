"""The data gates: each verdict by hand, all of them on the real sample, none of them ahead of its time."""

from __future__ import annotations

from collections import Counter
from datetime import date

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.trading.made_bars import closes, random_bars, table, weekdays
from trading.arrays import Days
from trading.bars.panel import BARS_SCHEMA
from trading.errors import BadDataError
from trading.gates import QUARANTINE_SCHEMA, Finding, History, Screened, Split, screen

MONDAY = date(2010, 1, 4)
GOOD = ("A", MONDAY, 10.0, 10.5, 9.5, 10.2, 1000)


def _screen(*rows: tuple[object, ...]) -> Screened:
    return screen(table(rows), expected_sessions=weekdays(60))  # type: ignore[arg-type]


def _findings(screened: Screened) -> list[Finding]:
    """Without the warning that made bars repeat each other, which they do."""
    return [finding for finding in screened.findings if finding.gate != "stale_bars"]


def _gates(screened: Screened) -> list[str]:
    return [finding.gate for finding in _findings(screened)]


@pytest.mark.parametrize(
    ("gate", "bar"),
    [
        ("missing_value", (None, MONDAY, 10.0, 10.5, 9.5, 10.2, 1000)),
        ("missing_value", ("B", MONDAY, 10.0, 10.5, 9.5, 10.2, None)),
        ("bad_price", ("B", MONDAY, None, 10.5, 9.5, 10.2, 1000)),
        ("bad_price", ("B", MONDAY, 10.0, float("inf"), 9.5, 10.2, 1000)),
        ("bad_price", ("B", MONDAY, 10.0, 10.5, 0.0, 10.2, 1000)),
        ("bad_price", ("B", MONDAY, -10.0, 10.5, 9.5, 10.2, 1000)),
        ("high_below_low", ("B", MONDAY, 10.0, 9.5, 10.5, 10.2, 1000)),
        ("negative_volume", ("B", MONDAY, 10.0, 10.5, 9.5, 10.2, -1)),
        ("print_outside_range", ("B", MONDAY, 10.7, 10.5, 9.5, 10.2, 1000)),
        ("print_outside_range", ("B", MONDAY, 10.0, 10.5, 9.5, 9.3, 1000)),
        ("unknown_session", ("B", date(2010, 1, 9), 10.0, 10.5, 9.5, 10.2, 1000)),
    ],
)
def test_a_wrong_bar_is_withheld_as_it_came(gate: str, bar: tuple[object, ...]) -> None:
    """The bar is in quarantine with its own values, its gate and a reason; the good bar beside it is not."""
    got = _screen(GOOD, bar)
    assert got.bars.to_pylist() == table([GOOD]).to_pylist()
    kept = got.quarantined.to_pylist()
    assert [row["gate"] for row in kept] == [gate]
    assert kept[0]["reason"]
    assert {name: kept[0][name] for name in BARS_SCHEMA.names} == table([bar]).to_pylist()[0]  # type: ignore[list-item]
    assert [(f.gate, f.severity, f.rows) for f in got.findings if f.severity == "quarantine"] == [
        (gate, "quarantine", 1)
    ]


def test_a_print_just_outside_the_range_widens_it_and_says_so() -> None:
    """Half a percent outside: the high becomes the open, and the finding keeps the old range."""
    got = _screen(("A", MONDAY, 10.55, 10.5, 9.5, 10.2, 1000))
    assert got.bars.to_pylist()[0]["high"] == 10.55
    (finding,) = got.findings
    assert (finding.gate, finding.severity, finding.session) == ("range_extended", "warning", MONDAY)
    assert "9.5 .. high 10.5" in finding.detail


def test_of_equal_bars_one_stays_and_of_contradicting_ones_none() -> None:
    """Nobody knows which of two different closes is right."""
    twice = _screen(GOOD, GOOD)
    assert (len(twice.bars), len(twice.quarantined), _gates(twice)) == (1, 1, ["duplicate"])
    contradicting = _screen(GOOD, GOOD, (*GOOD[:5], 10.3, 1000))
    assert len(contradicting.bars) == 0
    assert set(contradicting.quarantined["gate"].to_pylist()) == {"contradicting_duplicate"}


def test_a_wrong_double_does_not_take_the_right_bar_with_it() -> None:
    """A bar that another gate refuses contradicts nothing."""
    got = _screen(GOOD, (*GOOD[:3], 9.0, 10.5, 10.2, 1000))
    assert len(got.bars) == 1
    assert got.quarantined["gate"].to_pylist() == ["high_below_low"]


def test_a_full_volume_counter_is_flagged_and_kept() -> None:
    """2,147,483,600 is 2^31 - 1 in whole round lots; a lot less is a volume like any other."""
    full, below = (*GOOD[:6], 2_147_483_600), (*GOOD[:6], 2_147_483_500)
    assert _gates(_screen(full)) == ["saturated_volume"]
    assert len(_screen(full).bars) == 1
    assert _gates(_screen(below)) == []


def test_missing_sessions_are_told_apart() -> None:
    """A session that no symbol has is the market's; one that only B lacks is B's."""
    days = weekdays(5)
    bars = [("A", day, *GOOD[2:]) for day in days[[0, 1, 3, 4]]] + [("B", day, *GOOD[2:]) for day in days[[0, 3, 4]]]
    got = _screen(*bars)
    told = [(f.gate, f.symbol, f.session, f.rows) for f in _findings(got)]
    assert told == [("missing_session", None, days[2].item(), 2), ("missing_bars", "B", None, 1)]


def _jump(ratio: float, volume_ratio: float, bars_before: int = 20, sessions_missing: int = 0) -> Screened:
    """Quiet bars at 100 USD, then an open at `ratio` times that on `volume_ratio` times the volume."""
    days = weekdays(bars_before + sessions_missing + 1)
    rows = [("A", day, 100.0, 100.5, 99.5, 100.0, 1_000_000) for day in days[:bars_before]]
    price = 100.0 * ratio
    rows.append(("A", days[-1], price, price * 1.005, price * 0.995, price, int(1_000_000 * volume_ratio)))
    return _screen(*rows)


@pytest.mark.parametrize(
    ("ratio", "volume_ratio", "factor"),
    [(0.5, 2.0, (2, 1)), (0.52, 1.2, (2, 1)), (0.3333, 3.0, (3, 1)), (0.05, 20.0, (20, 1)), (0.0201, 48.74, (50, 1)),
     (0.107, 14.0, (10, 1)), (0.101, 12.0, (10, 1)), (10.0, 0.1, (1, 10)), (0.5, 4.0, (2, 1)), (4.8, 0.4, (1, 5))],
)  # fmt: skip
def test_a_usual_ratio_on_the_usual_dollars_is_guessed_to_be_a_split(
    ratio: float, volume_ratio: float, factor: tuple[int, int]
) -> None:
    """The volume in shares follows the ratio, so that of dollars stays: 50-for-1 comes with 49 times the shares."""
    got = _jump(ratio, volume_ratio)
    assert got.splits == (Split("A", weekdays(21)[20].item(), *factor, guessed=True),)
    assert got.breaks == ()
    assert ("split_guessed", "warning") in [(f.gate, f.severity) for f in got.findings]


@pytest.mark.parametrize(
    ("ratio", "volume_ratio", "bars_before", "sessions_missing"),
    [
        (2 / 3, 1.5, 20, 0),  # 3-for-2, but spin-offs and special dividends look the same
        (0.73, 1.4, 20, 0),
        (0.161, 8.5, 20, 0),  # a failed trial: near 6-for-1, which nobody chooses, on 1.4 times the dollars
        (2.0, 0.5, 20, 0),  # a rise that a reverse split or a bad price may be
        (11.2, 0.1, 20, 0),  # a reverse split of 1 for 10, or for 12
        (0.3366, 8.8, 20, 0),  # near 3-for-1 on 2.9 times the dollars: the spin-off of QEP by STR
        (0.5, 2.0, 20, 3),  # too long after the last bar for a split
        (0.5, 2.0, 4, 0),  # too few bars to know the usual volume
    ],
)
def test_a_jump_that_nothing_explains_breaks_the_history(
    ratio: float, volume_ratio: float, bars_before: int, sessions_missing: int
) -> None:
    """The bar stays and starts a new history; the finding counts the bars that are withheld from then on."""
    got = _jump(ratio, volume_ratio, bars_before, sessions_missing)
    assert got.splits == ()
    (cut,) = got.breaks
    assert (cut.symbol, cut.session) == ("A", weekdays(60)[bars_before + sessions_missing].item())
    assert not cut.explained
    assert len(got.bars) == bars_before + 1
    assert [f.rows for f in got.findings if f.gate == "unexplained_jump"] == [bars_before]


@pytest.mark.parametrize(
    ("ratio", "volume_ratio"),
    [(0.7, 20.0), (1.44, 49.0), (0.178, 43.0), (0.46, 6.0), (0.48, 11.0), (2.5, 10.0), (1.26, 4.2), (1.6, 0.5)],
)
def test_a_jump_on_many_dollars_is_news(ratio: float, volume_ratio: float) -> None:
    """It is kept, and flagged. A rise that no corporate action makes needs no volume: 26 % after earnings are real."""
    got = _jump(ratio, volume_ratio)
    assert got.splits == got.breaks == ()
    assert _gates(got) == ["large_move_with_volume"]


def test_a_large_move_of_a_symbol_that_moves_so_is_its_own() -> None:
    """Opens two percent from the close every day: a fall of 30 % is 18 times that; one of 40 % is 25 times."""
    days = weekdays(21)
    before = [("A", day, 98.0, 100.5, 97.0, 100.0, 1_000_000) for day in days[:20]]
    for price, gate in ((70.0, "large_move_of_its_own"), (60.0, "unexplained_jump")):
        got = _screen(*before, ("A", days[20], price, price * 1.005, price * 0.995, price, 1_000_000))
        assert [f.gate for f in got.findings if f.gate != "stale_bars"] == [gate]


@pytest.mark.parametrize(("high", "low"), [(17.0, 9.5), (10.5, 3.9)])
def test_a_far_print_is_withheld_where_the_usual_volume_is_known(high: float, low: float) -> None:
    """After five bars it is refused; on the first day of a symbol, such as a listing, it is kept and flagged."""
    days = weekdays(6)
    wild = (10.0, high, low, 10.2, 1000)
    quiet = [("A", day, 10.0, 10.5, 9.5, 10.2, 1000) for day in days[:5]]
    assert _screen(*quiet, ("A", days[5], *wild)).quarantined.column("gate").to_pylist() == ["unsupported_print"]
    first = _screen(("A", days[0], *wild), *(("A", day, *bar[2:]) for day, bar in zip(days[1:], quiet, strict=True)))
    assert first.quarantined.num_rows == 0
    assert "first_bars" in _gates(first)


def test_an_open_that_the_session_left_at_once_is_no_price() -> None:
    """Opened at a tenth of the close before and closed where it was: the open is a bad print, and the bar withheld."""
    days = weekdays(21)
    rows = [("A", day, 398.0, 399.0, 396.0, 397.0, 60_000) for day in days[:20]]
    got = _screen(*rows, ("A", days[20], 39.8, 398.0, 39.8, 396.66, 44_000))
    assert got.quarantined.column("gate").to_pylist() == ["unsupported_print"]
    assert got.breaks == got.splits == ()


def _glitch(ratio: float, back: float, volume_ratio: float = 1.0) -> Screened:
    """Quiet bars at 100 USD, one session at `ratio` times that, and then bars at `back` times it."""
    days = weekdays(25)
    rows = [("A", day, 100.0, 100.5, 99.5, 100.0, 1_000_000) for day in days[:20]]
    price, volume = 100.0 * ratio, int(1_000_000 * volume_ratio / ratio)
    rows.append(("A", days[20], price, price * 1.01, price * 0.99, price, volume))
    rows += [("A", day, 100.0 * back, 101.0 * back, 99.0 * back, 100.0 * back, 1_000_000) for day in days[21:]]
    return _screen(*rows)


@pytest.mark.parametrize("ratio", [0.1, 0.01, 10.0, 0.5, 2.0, 0.3])
def test_a_session_in_another_unit_is_one_bar_refused(ratio: float) -> None:
    """Prices divided by ten for a day: neither a split nor two breaks."""
    got = _glitch(ratio, 1.0)
    assert got.quarantined.column("gate").to_pylist() == ["glitch"]
    assert got.splits == got.breaks == ()


def test_what_does_not_come_back_or_was_traded_heavily_is_no_glitch() -> None:
    """A split stays at its new price; a crash that recovers the next day on ten times the dollars was traded."""
    assert [split.factor for split in _glitch(0.1, 0.1).splits] == [10.0]
    traded = _glitch(0.45, 1.0, 10.0)
    assert traded.quarantined.num_rows == 0


def test_a_guess_is_undone_when_the_price_is_back_the_next_day() -> None:
    """The day after comes in by itself: the guess on record has an inverse, so shares and prices are what they were."""
    days = weekdays(25)
    guess = Split("A", days[20].item(), 10, 1, guessed=True)
    known = [("A", day, 100.0, 100.5, 99.5, 100.0, 1_000_000) for day in days[:20]]
    known.append(("A", days[20], 10.0, 10.1, 9.9, 10.0, 10_000_000))
    back = table([("A", days[21], 100.0, 101.0, 99.0, 100.0, 1_000_000)])
    got = screen(back, expected_sessions=weekdays(60), history=History(table(known), (guess,)))  # type: ignore[arg-type]
    assert got.splits == (Split("A", days[21].item(), 1, 10, guessed=True),)
    assert got.breaks == ()


def test_a_move_may_grow_with_the_square_root_of_the_sessions_between() -> None:
    """exp(-0.35) is quiet after four sessions (bound 0.40) and not after one (bound 0.20)."""
    ratio = float(np.exp(-0.35))
    assert _jump(ratio, 1.0).breaks
    assert not _jump(ratio, 1.0, sessions_missing=3).breaks


def test_volume_after_a_split_is_compared_in_dollars() -> None:
    """Five sessions after a 2-for-1 split, 5 times the old volume at 70 % of the price is 1.75 times the dollars."""
    days = weekdays(26)
    rows = [("A", day, 100.0, 100.5, 99.5, 100.0, 1_000_000) for day in days[:20]]
    rows += [("A", day, 50.0, 50.5, 49.5, 50.0, 2_000_000) for day in days[20:25]]
    got = _screen(*rows, ("A", days[25], 35.0, 35.5, 34.5, 35.0, 5_000_000))
    assert len(got.splits) == 1
    assert [cut.session for cut in got.breaks] == [days[25].item()]


def test_after_a_break_only_the_new_history_counts() -> None:
    """A second break withholds the bars since the first, and its volume is compared with theirs alone.

    Six bars on a fiftieth of the volume follow the first break. A fall by 30 % on six times that volume is news;
    compared with the bars before the break it would be a thirtieth of the usual dollars, and unexplained.
    """
    days = weekdays(40)
    rows = [("A", day, 100.0, 100.5, 99.5, 100.0, 1_000_000) for day in days[:20]]
    rows += [("A", day, 30.0, 30.5, 29.5, 30.0, 20_000) for day in days[20:26]]
    rows += [("A", days[26], 21.0, 21.5, 20.5, 21.0, 120_000)]
    rows += [("A", days[27], 12.0, 12.5, 11.5, 12.0, 1_000)]
    got = _screen(*rows)
    told = [(f.gate, f.session, f.rows) for f in _findings(got)]
    assert told == [
        ("unexplained_jump", days[20].item(), 20),
        ("large_move_with_volume", days[26].item(), 1),
        ("unexplained_jump", days[27].item(), 7),
    ]


def _dirty(seed: int) -> pa.Table:
    """Random bars with faults of every kind sown in."""
    rng = np.random.default_rng(seed)
    rows = random_bars(seed).to_pylist()
    for at in rng.choice(len(rows), 60, replace=False):
        fault = rng.integers(9)
        if fault < 4:
            rows[at][("open", "high", "low", "close")[fault]] *= rng.choice([0.0, -1.0, 0.4, 0.995, 1.005, 2.5])
        elif fault == 4:
            rows[at]["volume"] = int(rng.choice([-5, 0, 2_147_483_600]))
        elif fault == 5:
            rows[at]["close"] = None
        elif fault == 6:
            rows.append(dict(rows[at]))
        elif fault == 7:
            rows.append(rows[at] | {"volume": 7})
        else:
            ratio, symbol, day = rng.choice([0.5, 1 / 3, 1.4, 2.0]), rows[at]["symbol"], rows[at]["session"]
            for row in rows:
                if row["symbol"] == symbol and row["session"] >= day:
                    row |= {name: row[name] and row[name] * ratio for name in ("open", "high", "low", "close")}
    rng.shuffle(rows)
    return pa.Table.from_pylist(rows, schema=BARS_SCHEMA)


def _bag(bars: pa.Table, columns: list[str]) -> Counter[tuple[object, ...]]:
    return Counter(tuple(map(repr, row.values())) for row in bars.select(columns).to_pylist())


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000), cut=st.integers(1, 119))
def test_verdicts_use_no_later_bar(seed: int, cut: int) -> None:
    """Screening the bars up to any session gives the verdicts, splits and breaks of the whole table up to it.

    All but those of symbols whose bar of the last session is a glitch: only the bar after it can tell.
    """
    bars, sessions = _dirty(seed), weekdays(120)
    last = sessions[cut].item()
    judged = screen(bars, expected_sessions=sessions).quarantined
    glitch = judged.filter(pa.compute.equal(judged["gate"], "glitch"))
    open_ = glitch.filter(pa.compute.equal(glitch["session"], pa.scalar(last))).column("symbol")
    bars = bars.filter(pa.compute.invert(pa.compute.is_in(bars["symbol"], open_.combine_chunks())))

    def until(rows: pa.Table) -> pa.Table:
        return rows.filter(pa.compute.less_equal(rows["session"], pa.scalar(last)))

    whole, part = screen(bars, expected_sessions=sessions), screen(until(bars), expected_sessions=sessions)
    assert until(whole.bars).to_pylist() == part.bars.to_pylist(), seed
    names = QUARANTINE_SCHEMA.names
    assert _bag(until(whole.quarantined), names) == _bag(part.quarantined, names), seed
    assert tuple(split for split in whole.splits if split.session <= last) == part.splits, seed
    assert tuple(cut for cut in whole.breaks if cut.session <= last) == part.breaks, seed


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_no_bar_is_lost_or_changed_without_a_finding(seed: int) -> None:
    """Accepted and withheld bars add up to what came in; only the highs and lows that findings name differ."""
    bars = _dirty(seed)
    got = screen(bars, expected_sessions=weekdays(120))
    untouched = ["symbol", "session", "open", "close", "volume"]
    assert _bag(got.bars, untouched) + _bag(got.quarantined, untouched) == _bag(bars, untouched), seed
    came, left = _bag(bars, BARS_SCHEMA.names), _bag(got.bars, BARS_SCHEMA.names)
    extended = sum(finding.gate == "range_extended" for finding in got.findings)
    assert (left - came).total() == extended, seed
    withheld = sum(f.rows for f in got.findings if f.severity == "quarantine" and f.gate != "unexplained_jump")
    assert withheld == len(got.quarantined), seed


def test_nothing_is_screened_to_nothing_and_a_wrong_table_is_refused() -> None:
    """Empty in, empty out; a missing column or a wrong type is named."""
    empty = screen(BARS_SCHEMA.empty_table(), expected_sessions=weekdays(5))
    assert (len(empty.bars), len(empty.quarantined), empty.findings) == (0, 0, ())
    assert empty.bars.schema == BARS_SCHEMA
    assert empty.quarantined.schema == QUARANTINE_SCHEMA
    with pytest.raises(BadDataError, match="volume"):
        screen(closes("A", [1.0]).drop_columns(["volume"]), expected_sessions=weekdays(5))
    with pytest.raises(BadDataError, match="wrong type"):
        screen(closes("A", [1.0]).set_column(2, "open", pa.array(["ten"])), expected_sessions=weekdays(5))


def test_the_real_sample_gives_its_known_splits_and_breaks(sample_bars: pa.Table, sample_sessions: Days) -> None:
    """The corporate actions of the year are told from news.

    Splits: DHR, ESRX and GIS, all 2-for-1 in June 2010. Breaks: CAH (CareFusion spin-off), ETFC (1-for-10 reverse split
    after 20 sessions without bars), STR (QEP spin-off), WY (special dividend).
    """
    got = screen(sample_bars, expected_sessions=sample_sessions)
    assert got.splits == (
        Split("DHR", date(2010, 6, 14), 2, 1, guessed=True),
        Split("ESRX", date(2010, 6, 8), 2, 1, guessed=True),
        Split("GIS", date(2010, 6, 9), 2, 1, guessed=True),
    )
    assert [(b.symbol, b.session) for b in got.breaks] == [
        ("CAH", date(2009, 9, 1)),
        ("ETFC", date(2010, 6, 30)),
        ("STR", date(2010, 7, 1)),
        ("WY", date(2010, 7, 20)),
    ]
    news = {f.symbol for f in got.findings if f.gate == "large_move_with_volume"}
    assert news == {"AMD", "ARG", "CCE", "MFE", "NOVL"}
    assert len(got.bars) + len(got.quarantined) == 122_574
    missing = [f.session.isoformat() for f in got.findings if f.gate == "missing_session" and f.session]
    assert missing == ["2009-09-08", "2009-10-29", "2009-10-30", "2009-11-02", "2009-11-03", "2009-11-04", "2010-08-18"]
