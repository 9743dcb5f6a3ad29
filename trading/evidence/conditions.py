"""The conditions that patterns are measured under: one label a bar, from what was known at its close.

Unknown is a label of its own, never put with another one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from trading.arrays import Days, Flags, Floats
from trading.cycle.stages import Market, Patterns
from trading.errors import ConfigurationError
from trading.evidence.log import VOLUME_SPIKE_RATIO

Codes = npt.NDArray[np.int8]
RSI_EDGES = (25.0, 35.0, 50.0, 65.0, 75.0)
"""The strategy asks for 25 to 35; the others mirror it about 50. A band holds its lower edge."""
UNKNOWN = "unknown"
TERCILES = 3


@dataclass(frozen=True)
class Condition:
    """One way to divide bars.

    Attributes:
        name: what is looked at.
        labels: its values; the last is `unknown`.
        code: index into `labels` of each bar, shape `(n_rows,)`.
    """

    name: str
    labels: tuple[str, ...]
    code: Codes


def conditions(market: Market, patterns: Patterns) -> tuple[Condition, ...]:
    """RSI band, market trend, volume, catalyst, and the stock's and the market's volatility, of every bar."""
    panel, context, found = market.panel, market.context, market.indicators
    at = context.positions(panel.sessions)
    trend_labels = ("bull", "sideways", "bear")
    trend = np.full(len(panel), len(trend_labels), dtype=np.int8)
    for code, label in enumerate(trend_labels):
        trend[context.trend[at] == label] = code
    edges = ["below 25", *(f"{a:.0f}-{b:.0f}" for a, b in pairwise(RSI_EDGES)), "75 and above"]
    spike = _halves(found["volume_surge"], VOLUME_SPIKE_RATIO)
    catalyst = _halves(patterns.catalyst.has_catalyst, 0.5)
    terciles = ("low", "middle", "high", UNKNOWN)
    return (
        Condition("rsi", (*edges, UNKNOWN), _bands(found["rsi_14"], RSI_EDGES)),
        Condition("trend", (*trend_labels, UNKNOWN), trend),
        Condition("volume", ("usual", "spike", UNKNOWN), spike),
        Condition("catalyst", ("absent", "present", UNKNOWN), catalyst),
        Condition("volatility", terciles, terciles_of_session(found["atr_pct"], panel.sessions)),
        Condition("market_volatility", terciles, _over_time(context.realised_volatility_20)[at]),
    )


def _bands(values: Floats, edges: Iterable[float]) -> Codes:
    """How many edges a value has reached; one more than the last band where it is unknown."""
    steps = np.asarray(tuple(edges), dtype=np.float64)
    return np.where(np.isfinite(values), np.digitize(values, steps), len(steps) + 1).astype(np.int8)


def _halves(values: Floats, edge: float) -> Codes:
    return _bands(values, (edge,))


def terciles_of_session(values: Floats, sessions: Days) -> Codes:
    """In which third of its own session's known values each value stands: 0 lowest, 2 highest, 3 unknown.

    Comparing within the session keeps "volatile stock" apart from "volatile month", and looks at nothing later.
    Equal values go to the lower third where they straddle an edge.
    """
    out = np.full(len(values), TERCILES, dtype=np.int8)
    known = np.flatnonzero(np.isfinite(values))
    if len(known) == 0:
        return out
    order = known[np.lexsort((values[known], sessions[known]))]
    day, value = sessions[order], values[order]
    _, first, of_day, count = np.unique(day, return_index=True, return_inverse=True, return_counts=True)
    new = np.append(True, (day[1:] != day[:-1]) | (value[1:] != value[:-1]))
    lowest_equal = np.maximum.accumulate(np.where(new, np.arange(len(order)), 0))
    out[order] = TERCILES * (lowest_equal - first[of_day]) // count[of_day]
    return out


def _over_time(values: Floats) -> Codes:
    """Thirds of the sessions measured; it describes the record as a whole and is known only at its end."""
    out = np.full(len(values), TERCILES, dtype=np.int8)
    known = np.isfinite(values)
    if known.any():
        out[known] = np.digitize(values[known], np.quantile(values[known], [1 / 3, 2 / 3]))
    return out


def parse_where(wanted: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """`rsi=25-35` as (`rsi`, `25-35`).

    Raises:
        ConfigurationError: when a text isn't NAME=VALUE.
    """
    pairs = [text.partition("=") for text in wanted]
    for (name, sign, value), text in zip(pairs, wanted, strict=True):
        if not (name and sign and value):
            raise ConfigurationError(f"{text!r} is no condition. Nothing was measured. Write NAME=VALUE: rsi=25-35.")
    return tuple((name.strip(), value.strip()) for name, _, value in pairs)


def matching(known: Iterable[Condition], wanted: Iterable[tuple[str, str]]) -> Flags:
    """The bars that meet every wanted (name, label).

    Raises:
        ConfigurationError: when there is no such condition or label; it names those there are.
    """
    by_name: Mapping[str, Condition] = {condition.name: condition for condition in known}
    length = len(next(iter(by_name.values())).code)
    out = np.ones(length, dtype=np.bool_)
    for name, label in wanted:
        condition = by_name.get(name)
        if condition is None:
            raise ConfigurationError(f"There is no condition {name!r}. Nothing was measured. Use {', '.join(by_name)}.")
        if label not in condition.labels:
            choices = ", ".join(repr(choice) for choice in condition.labels)
            raise ConfigurationError(f"{name} is never {label!r}. Nothing was measured. Use one of {choices}.")
        out &= condition.code == condition.labels.index(label)
    return out
