"""How long the bars of a file are, from the instants at which they are stamped."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from adapters.bars.files import BAR_S, Timeframe
from data.importing.clocks import CLOSE_S, EARLY_CLOSE_S, OPEN_S, Instants, clock_of, in_new_york
from trading.arrays import Ints
from trading.errors import BadDataError

MINUTE_S, DAY_S = 60, 86_400
ENOUGH = 12
"""So many minutes with trades are not all multiples of two or more by chance: once in four thousand files."""
LONGEST_PAUSE_S = 4 * 3_600
"""Within a day. A longer distance between two stamps is a night."""
USUAL_SHARE = 0.8
LATEST_STAMP_S = 61_200
"""17:00 in New York: a day stamped later may be the next one."""
Stamp = Literal["start", "end"]


@dataclass(frozen=True)
class Length:
    """Of the bars of a file.

    Attributes:
        clock_s: of days: seconds after midnight at which they are stamped, in New York where the source says its zone.
    """

    timeframe: Timeframe
    clock_s: int = 0


def length_of(stamps: Instants, *, zoned: bool, asked: Timeframe | None, stamp: Stamp | None) -> Length | None:
    """The length of bars with these stamps; None where they don't tell it.

    Args:
        stamps: of a file, `datetime64[s]` in UTC where `zoned`, else of the clock of wherever it is; NaT is left out.
        zoned: the source says its time zone.
        asked: what the user says.
        stamp: where in a minute its stamp is, as the user says.

    Raises:
        BadDataError: for bars of another length, or of another than what was asked.
    """
    distinct = np.unique(stamps[~np.isnat(stamps)])
    local = in_new_york(distinct) if zoned else distinct
    clock = clock_of(local)
    clock = clock[(clock != 0) & ~(zoned & (clock_of(distinct) == 0))]
    days = np.unique(local.astype("datetime64[D]"))
    at = np.unique(clock)
    one_a_day = len(at) == 1 or at.tolist() == [EARLY_CLOSE_S, CLOSE_S]
    if asked == "1d":
        return Length("1d", _clock_of_days(distinct, clock, days, zoned=zoned))
    if not len(clock):
        _refuse_days_as_minutes(asked, len(days), "midnight")
        return None if not len(distinct) else Length(asked or "1d")
    if one_a_day and len(days) > 1:
        _refuse_days_as_minutes(asked, len(days), clock_words(int(at[-1])))
        return Length(asked or "1d", _clock_of_days(distinct, clock, days, zoned=zoned) if asked is None else 0)
    if one_a_day and asked is None:
        return None
    return Length(length_within_session(distinct, asked=asked, stamp=stamp))


def _refuse_days_as_minutes(asked: Timeframe | None, days: int, when: str) -> None:
    if asked in BAR_S and days > 2:  # noqa: PLR2004 - two days may have one bar each
        raise BadDataError(
            f"the bars are days: each is stamped at {when}, one a day. They are no bars of {asked}. Leave out "
            f"--timeframe {asked}, or say --timeframe 1d."
        )


def _clock_of_days(distinct: Instants, clock: Ints, days: Instants, *, zoned: bool) -> int:
    """When the days are stamped.

    Raises:
        BadDataError: where that isn't when a session opens or closes, or there are many stamps a day.
    """
    if 2 * len(clock) <= len(distinct):
        return 0
    if len(distinct) > 1.5 * len(days) + 1:  # days and half-days, two zones of midnight
        apart = int(np.diff(distinct).astype(np.int64).min())
        raise BadDataError(
            f"the bars are no days: {len(distinct):,} of them are stamped on {len(days):,} day(s), some {apart:,} s "
            "apart. Leave out --timeframe 1d."
        )
    values, counts = np.unique(clock, return_counts=True)
    usual = int(values[counts.argmax()])
    if zoned and not OPEN_S <= usual <= LATEST_STAMP_S:
        raise BadDataError(
            f"the bars are a day long and are stamped at {clock_words(usual)} in New York, which may be of the day "
            "before or after. A day is stamped with its date, at midnight (New York or UTC), or between its "
            "session's open and 17:00. Give each bar the date of its session."
        )
    return usual


def length_within_session(distinct: Instants, *, asked: Timeframe | None, stamp: Stamp | None) -> Timeframe:
    """Which of `BAR_S` bars with these stamps are.

    It is the step of which all distances within a day are multiples, or, where the first bar of a day is shorter (from
    09:30 to 10:00 beside hours), the distance that four fifths of them have.

    Args:
        distinct: stamps, ascending.
        asked: what the user says.
        stamp: where in a bar its stamp is.

    Raises:
        BadDataError: for bars of another length, or of another than was asked, or stamped off the minute.
    """
    seconds = distinct.astype(np.int64)
    apart = np.diff(seconds)
    apart = apart[apart <= LONGEST_PAUSE_S]
    step = int(np.gcd.reduce(apart)) if len(apart) else 0
    _refuse_off_the_minute(distinct, step, stamp)
    few = len(distinct) < ENOUGH
    if few and asked is not None and asked != "1d":
        return asked
    if 0 < step <= MINUTE_S:  # below: ends of minutes, to the second
        return _as_asked("1m", asked)
    values, counts = np.unique(apart, return_counts=True)
    usual = int(values[counts.argmax()]) if len(values) else 0
    names = {length: name for name, length in BAR_S.items()}
    long = usual in names and step in names and counts.max() >= USUAL_SHARE * len(apart)
    found = names.get(usual if long else step)
    if found is None or few:
        hint = f" {len(distinct):,} times don't tell more. {_way_out(found)}" if few else ""
        raise BadDataError(f"{_apart(usual, step)}; bars of {', '.join(BAR_S)} and 1d can be imported.{hint}")
    return _as_asked(found, asked)


def _apart(usual: int, step: int) -> str:
    if not step:
        return "no two times of a day are close enough to tell how long the bars are"
    return f"the bars are {usual or step:,} s long, and all begin at multiples of {step:,} s"


def _way_out(found: Timeframe | None) -> str:
    """What to say of a few bars; those that may be longer aren't to be called minutes without a thought."""
    if found in {None, "1m"}:
        return "Say --timeframe 1m only if each covers one minute: a longer bar would be known before it is over."
    return f"Say --timeframe {found} if each covers that, --timeframe 1m only if each covers one minute."


def _as_asked(found: Timeframe, asked: Timeframe | None) -> Timeframe:
    if asked not in {None, "1d", found}:
        raise BadDataError(
            f"the bars are {BAR_S[found]:,} s long: all begin at multiples of that. They are no bars of {asked}. Leave "
            f"out --timeframe {asked}, or say --timeframe {found}."
        )
    return found


def _refuse_off_the_minute(distinct: Instants, step: int, stamp: Stamp | None) -> None:
    seconds = distinct.astype(np.int64)
    off = seconds % MINUTE_S != 0
    if 2 * int(off.sum()) <= len(off):
        return
    if step % MINUTE_S:
        raise BadDataError(
            f"the bars are shorter than a minute, with times such as {distinct[off][0]}: bars of a day or a minute can "
            "be imported. Add them up to minutes first."
        )
    if stamp != "end":
        second = int(seconds[off][0]) % MINUTE_S
        raise BadDataError(
            f"the times stand {second} s after the minute, such as {distinct[off][0]}: minutes are stamped at their "
            "start. Say --stamp end if they are stamped within or at the end of their minute: each is then the minute "
            "that its stamp ends."
        )


def starts_of(ends: Instants, bar_s: int) -> Instants:
    """When bars that are stamped at their end begin, or within their minute; NaT stays.

    A bar is as long as the others, or shorter where another one of its day ends within that: the last one of a session.

    Args:
        ends: stamps in UTC, of all symbols, in any order.
        bar_s: length of a bar in seconds.
    """
    if bar_s == MINUTE_S:
        return np.asarray(ends - ((ends.astype(np.int64) - 1) % MINUTE_S + 1).astype("timedelta64[s]"))
    there = ~np.isnat(ends)
    distinct = np.unique(ends[there])
    before = np.concatenate([distinct[:1] - np.timedelta64(bar_s, "s"), distinct[:-1]])
    starts = np.maximum(distinct - np.timedelta64(bar_s, "s"), before)
    found: Instants = ends.copy()
    found[there] = starts[np.searchsorted(distinct, ends[there])]
    return found


def clock_words(clock_s: int) -> str:
    """Seconds after midnight as 09:30."""
    hours, rest = divmod(clock_s, 3_600)
    return f"{hours:02}:{rest // 60:02}" + (f":{rest % 60:02}" if rest % 60 else "")
