"""A benchmark from files to figures."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from trading.arrays import Days, Floats
from trading.errors import BadDataError
from tune.movement.grid import read_prices
from tune.movement.judge import Score, scored
from tune.movement.models import Choice, boosted, compared, logistic
from tune.movement.protocol import Part, Protocol
from tune.movement.samples import Samples, samples_of
from tune.movement.tweets import read_tweets

HALF = 0.5
ALWAYS_UP, ALWAYS_DOWN = "always up", "always down"


@dataclass(frozen=True, eq=False)
class Evaluated:
    """What a benchmark came to.

    Attributes:
        part: that was judged, and `why` that one.
        training, samples: how many samples were learned from and judged.
        sessions: judged, and `returns` of a book that bets the same on each call of the first seed, before costs.
        up_share: of the judged samples.
        majority: the baseline that says what was more frequent in the training part.
        scores: by model, the baselines among them.
        choices: settings that were compared within the training part, the best first.
        unused_tweets: of how many.
    """

    part: Part
    why: str
    symbols: int
    training: int
    samples: int
    sessions: Days
    returns: Floats
    up_share: float
    majority: str
    scores: dict[str, Score]
    choices: list[Choice]
    unused_tweets: tuple[int, int] | None


def evaluated(protocol: Protocol, prices: Path, tweets: Path | None, part: Part | None, seeds: int) -> Evaluated:
    """The benchmark on the part, by default the test part where the prices reach it.

    Models learn from the training part alone, whichever part is judged.

    Raises:
        BadDataError: when a file is of another shape, or has no sample of the training part or of the judged one.
    """
    grid = read_prices(prices)
    told = None if tweets is None else read_tweets(tweets, grid)
    every = samples_of(grid, told, protocol)
    part, why = _part(protocol, grid.sessions, part)
    train = every.take(protocol.part(every.session, "train"))
    test = every.take(protocol.part(every.session, part))
    for name, those in (("train", train), (part, test)):
        if len(np.unique(those.up)) < 2:  # noqa: PLR2004
            raise BadDataError(
                f"{prices} has {len(those):,} samples of the {name} part of {protocol.name}, not some that rose and "
                "some that fell. Nothing was evaluated."
            )
    choices = compared(train, seed=0)
    strength = np.array([boosted(choices[0], train, test, seed=seed) for seed in range(seeds)])
    calls = strength > HALF
    return Evaluated(
        part, why, len(grid.symbols), len(train), len(test), *_book(calls[0], test), float(test.up.mean()),
        ALWAYS_UP if train.up.mean() >= HALF else ALWAYS_DOWN,
        _scores(calls, train, test), choices, None if told is None else (told.unused, told.total),
    )  # fmt: skip


def _part(protocol: Protocol, sessions: Days, asked: Part | None) -> tuple[Part, str]:
    reaches = bool(protocol.part(sessions, "test").any())
    if asked is not None:
        return asked, "as asked"
    if reaches:
        return "test", "the prices reach it"
    return "dev", f"the prices end on {sessions[-1]}, before the test part begins on {protocol.test_from}"


def _scores(calls: npt.NDArray[np.bool_], train: Samples, test: Samples) -> dict[str, Score]:
    up = test.up > 0
    always = np.ones((1, len(test)), dtype=np.bool_)
    by_name = {
        "xgboost": calls,
        "logistic regression": logistic(train, test)[None, :] > HALF,
        ALWAYS_UP: always,
        ALWAYS_DOWN: ~always,
    }
    return {name: scored(call, up, test.session, seed=0) for name, call in by_name.items()}


def _book(calls: npt.NDArray[np.bool_], test: Samples) -> tuple[Days, Floats]:
    days, group = np.unique(test.session, return_inverse=True)
    gains = np.where(calls, test.movement, -test.movement)
    return days, np.bincount(group, weights=gains) / np.bincount(group)
