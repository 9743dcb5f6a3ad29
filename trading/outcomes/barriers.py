"""What became of a decision: the first of stop, target and time, as a trade would have met them.

Source: the triple-barrier method of López de Prado, Advances in Financial Machine Learning (2018), chapter 3, with
fills on daily bars and costs.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from trading.arrays import Days, Flags, Floats, Ints
from trading.bars.ended import Endings
from trading.bars.panel import Panel
from trading.errors import BadDataError, ConfigurationError


@dataclass(frozen=True)
class OutcomeRules:
    """Where a trade ends.

    Attributes:
        stop_atr: distance of the stop from the entry, in average true ranges of the decision bar.
        target_atr: distance of the target likewise.
        horizon_sessions: bars held at most; the entry bar is the first.
        cost_bp_per_side: commission and slippage of one side, in basis points of the price.
        own_horizon_sessions: bars that a chart pattern has to reach its own stop or target. Bulkowski measures moves of
            weeks; a month of sessions is a convention of ours.

    Raises:
        ConfigurationError: when a barrier or the horizon isn't above zero, or the costs are below it.
    """

    stop_atr: float = 1.5
    target_atr: float = 2.5
    horizon_sessions: int = 5
    cost_bp_per_side: float = 10.0
    own_horizon_sessions: int = 20

    def __post_init__(self) -> None:
        least = min(self.stop_atr, self.target_atr, self.horizon_sessions, self.own_horizon_sessions)
        if least <= 0 or self.cost_bp_per_side < 0:
            raise ConfigurationError(f"{self} cannot be: barriers and horizons must be above zero, costs not below it")


@dataclass(frozen=True)
class Outcomes:
    """One value a decision, each array of shape `(n,)`. NaN and NaT: not known from the panel that was given.

    Attributes:
        net_return: return of the trade after both sides' costs, as a fraction of the entry price.
        success: 1 when `net_return` is above zero, else 0.
        max_gain: best excursion until the exit, fraction of the entry price, never below 0.
        max_loss: worst excursion until the exit, never above 0.
        optimal_hold_sessions: bars held up to the best close within the horizon (1 = the entry bar's close); known only
            when the whole horizon is, which may be after `known_session`.
        exit_kind: `stop`, `target`, `horizon`; `break` where a break in the bars settled the trade, `no_entry` where it
            came before the entry, so that there was none; `open` while undecided, `unknown` without an average true
            range.
        known_session: the session at whose close the outcome is known.
        entry_session: the session of the entry bar.
        hold_known_session: the session at whose close `optimal_hold_sessions` is known.
        both_barriers: the bar of the exit opened between stop and target and held both: bars can't tell which came
            first, and the stop counted.
    """

    net_return: Floats
    success: Floats
    max_gain: Floats
    max_loss: Floats
    optimal_hold_sessions: Floats
    exit_kind: npt.NDArray[np.str_]
    known_session: Days
    entry_session: Days
    hold_known_session: Days
    both_barriers: Flags


@dataclass(frozen=True)
class Window:
    """The bars after each decision as seen by its direction: prices times +1 or -1, so that up is good.

    Arrays have shape `(n, horizon + 1)`; bars beyond the symbol's last one are NaN. Where a break ends the bars, a bar
    at the price that the break settles at follows the last one.

    Attributes:
        settles: the column of that bar; one past the last column where there is none. Shape `(n,)`.
        never_entered: whether a break came before the entry, shape `(n,)`.
        broken: the session of the break that ends the symbol's bars; NaT where none does. Shape `(n,)`.
    """

    open: Floats
    best: Floats
    worst: Floats
    close: Floats
    sessions: Days
    settles: Ints
    never_entered: Flags
    broken: Days


def label(
    panel: Panel,
    rows: Ints,
    direction: npt.NDArray[np.int8],
    atr: Floats,
    rules: OutcomeRules | None = None,
    *,
    endings: Endings | None = None,
) -> Outcomes:
    """The outcome of entering at the open of the symbol's next bar after each of `rows`.

    - Stop: entry less `stop_atr` ranges. Touched on any bar, the entry bar included, it exits at the stop, or at the
      open when that is already beyond. When a bar holds both stop and target, the stop counts.
    - Target: entry plus `target_atr` ranges. It must be traded through, not only touched; it exits at the target, or at
      the open when that is already beyond.
    - Else the exit is the open of the bar after `horizon_sessions` bars.
    - Excursions: bars before the exit bar count whole; of the exit bar only its open and the exit price, because the
      order of the rest is unknown.

    Splits and breaks: take a panel made by `trading.bars.history.as_of`. A symbol whose bars end leaves its trades
    open, unless `endings` say that a break ends them: then it settles them, as it settles positions.

    Args:
        panel: bars.
        rows: decision bars, shape `(n,)`.
        direction: +1 long, -1 short, shape `(n,)`.
        atr: average true range in USD at each decision bar, shape `(n,)`: for example `indicators["atr_14"][rows]`.
        rules: barriers and costs; the defaults of `OutcomeRules` if None.
        endings: of the panel's symbols; see `trading.bars.ended.ended_panels`.

    Raises:
        BadDataError: when the three arrays differ in length.
    """
    rules = rules or OutcomeRules()
    if not len(rows) == len(direction) == len(atr):
        raise BadDataError(
            f"rows, direction and atr have {len(rows)}, {len(direction)} and {len(atr)} values; give one per decision"
        )
    sign = direction.astype(np.float64)
    window = window_after(panel, rows, sign, rules.horizon_sessions + 1, endings)
    entry = window.open[:, 0]
    usable = np.isfinite(atr) & (atr > 0)
    stop, target = entry - rules.stop_atr * atr, entry + rules.target_atr * atr
    bar, exit_price, kind = exits(window, stop, target, rules.horizon_sessions)
    done = usable & np.isfinite(exit_price)
    net = np.where(done, (exit_price - entry) / np.abs(entry) - 2 * rules.cost_bp_per_side / 10_000, np.nan)
    gain, loss = _excursions(window, bar, exit_price, entry)
    best_close, hold_session = _best_close(window, rules.horizon_sessions)
    known = np.where(done, window.sessions[np.arange(len(rows)), bar], np.datetime64("NaT", "D"))
    missed = usable & window.never_entered
    undecided = np.where(missed, "no_entry", np.where(done, kind, "open"))
    return Outcomes(
        net_return=net,
        success=np.where(done, (net > 0).astype(np.float64), np.nan),
        max_gain=np.where(done, gain, np.nan),
        max_loss=np.where(done, loss, np.nan),
        optimal_hold_sessions=best_close,
        exit_kind=np.where(usable, undecided, "unknown"),
        known_session=np.where(missed, window.broken, known),
        entry_session=window.sessions[:, 0],
        hold_known_session=hold_session,
        both_barriers=done & _held_both(window, bar, stop, target, kind),
    )


def window_after(panel: Panel, rows: Ints, sign: Floats, bars: int, endings: Endings | None = None) -> Window:
    """The `bars` bars after each of `rows` as seen by `sign`; see `label` for `endings`."""
    symbol = panel.symbol_index[rows]
    ends = panel.offsets[1:][symbol]
    at = rows[:, None] + np.arange(1, bars + 1)
    inside = at < ends[:, None]
    at = np.where(inside, at, 0)
    never = np.full(len(rows), np.datetime64("NaT", "D"))
    broken = never if endings is None else endings.session[symbol]
    left = ends - rows - 1
    settles = np.where(~np.isnat(broken) & (left > 0), np.minimum(left, bars), bars)
    settling = np.arange(bars) == settles[:, None]
    price = np.full(len(rows), np.nan) if endings is None else endings.settled(symbol, sign)

    def seen(values: Floats) -> Floats:
        return np.where(inside, values[at] * sign[:, None], np.where(settling, price[:, None], np.nan))

    high, low = seen(panel.high), seen(panel.low)
    sessions = np.where(inside, panel.sessions[at], np.where(settling, broken[:, None], np.datetime64("NaT", "D")))
    return Window(
        seen(panel.open), np.maximum(high, low), np.minimum(high, low), seen(panel.close), sessions,
        settles=settles, never_entered=~np.isnat(broken) & (left == 0), broken=broken,
    )  # fmt: skip


def _first(hits: Flags) -> Ints:
    """The first true column of each row; the number of columns where there is none."""
    first: Ints = np.where(hits.any(axis=1), hits.argmax(axis=1), hits.shape[1])
    return first


def exits(window: Window, stop: Floats, target: Floats, horizon: int) -> tuple[Ints, Floats, npt.NDArray[np.str_]]:
    """Bar, price (NaN while open) and kind of each exit, of trades entered at the first bar's open."""
    every = np.arange(len(stop))
    stop_bar = _first(window.worst[:, :horizon] <= stop[:, None])
    target_bar = _first(window.best[:, :horizon] > target[:, None])
    bar = np.minimum(np.minimum(np.minimum(stop_bar, target_bar), horizon), window.settles)
    at_open = window.open[every, bar]
    stopped = (stop_bar <= target_bar) & (stop_bar < horizon)
    reached = (target_bar < stop_bar) & (target_bar < horizon)
    price = np.where(stopped, np.minimum(at_open, stop), np.where(reached, np.maximum(at_open, target), at_open))
    kind = np.where(stopped, "stop", np.where(reached, "target", "horizon"))
    settled = bar == window.settles
    return bar, np.where(settled, at_open, price), np.where(settled, "break", kind)


def _held_both(window: Window, bar: Ints, stop: Floats, target: Floats, kind: npt.NDArray[np.str_]) -> Flags:
    every = np.arange(len(bar))
    opened = window.open[every, bar]
    between = (opened > stop) & (opened <= target)
    return np.asarray((kind == "stop") & between & (window.best[every, bar] > target))


def _excursions(window: Window, bar: Ints, exit_price: Floats, entry: Floats) -> tuple[Floats, Floats]:
    every = np.arange(len(bar))
    before = np.arange(window.open.shape[1]) < bar[:, None]
    certain = np.stack([entry, window.open[every, bar], exit_price])
    best = np.maximum(np.where(before, window.best, -np.inf).max(axis=1, initial=-np.inf), certain.max(axis=0))
    worst = np.minimum(np.where(before, window.worst, np.inf).min(axis=1, initial=np.inf), certain.min(axis=0))
    return (best - entry) / np.abs(entry), (worst - entry) / np.abs(entry)


def _best_close(window: Window, horizon: int) -> tuple[Floats, Days]:
    """Bars held up to the best close of the horizon (the earliest of equals), and when that is known.

    A break within the horizon ends it.
    """
    close = window.close[:, :horizon]
    cut = window.settles < horizon
    whole = np.isfinite(close).all(axis=1) | cut
    best = np.where(whole, np.where(np.isfinite(close), close, -np.inf).argmax(axis=1) + 1.0, np.nan)
    last = np.where(cut, window.broken, window.sessions[:, horizon - 1])
    return best, np.where(whole, last, np.datetime64("NaT", "D"))
