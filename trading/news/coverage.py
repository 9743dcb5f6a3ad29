"""When sources were followed, so that "no news" and "nobody looked" are told apart."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from trading.arrays import Ints, Stamps
from trading.news.article import Channel

HEARD_WITHIN_S = 3_600
"""A source that was last heard less than an hour before a decision was being followed at it."""


@dataclass(frozen=True)
class Followed:
    """The spans of time in which one source was heard again and again, none of them longer apart than an hour.

    Attributes:
        symbols: companies whose news it carries in full; None = those of the whole market.
        begin: first and, in `end`, last time it was heard in each span, UTC, ascending, shape `(n_spans,)`.
        complete_from: from when on nothing was missed up to the end of each span; before `begin` where the first answer
            of the span reached back to what was there already.
    """

    channel: Channel
    symbols: AbstractSet[str] | None
    begin: Stamps
    end: Stamps
    complete_from: Stamps


def silence_known(
    followed: Iterable[Followed],
    channel: Channel,
    symbols: npt.NDArray[np.str_],
    company: Ints,
    *,
    at_s: Ints,
    since_s: Ints,
) -> npt.NDArray[np.bool_]:
    """Whether the absence of news between two times says that there were none, shape `(n,)`.

    Args:
        followed: all sources; one that was followed all that time is enough.
        channel: of the news asked about.
        symbols: tickers, ascending.
        company: which of them each question is about, shape `(n,)`.
        at_s: the question's own time, at which the source must still be heard, seconds since 1970.
        since_s: from when on nothing may be missed.
    """
    known = np.zeros(len(at_s), dtype=np.bool_)
    for source in followed:
        if source.channel != channel or not len(source.begin):
            continue
        begin, end, whole = (_seconds(part) for part in (source.begin, source.end, source.complete_from))
        span = np.searchsorted(begin, at_s, side="right") - 1
        at = np.maximum(span, 0)
        heard = (span >= 0) & (at_s <= end[at] + HEARD_WITHIN_S) & (since_s >= whole[at])
        known |= heard & _carried(source.symbols, symbols)[company]
    return known


def _carried(carried: AbstractSet[str] | None, symbols: npt.NDArray[np.str_]) -> npt.NDArray[np.bool_]:
    if carried is None:
        return np.ones(len(symbols), dtype=np.bool_)
    return np.isin(symbols, np.array(sorted(carried), dtype=np.str_))


def _seconds(stamps: Stamps) -> Ints:
    return stamps.astype("datetime64[s]").astype(np.int64)
