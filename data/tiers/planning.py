"""Which files are to be moved and which are to become one. Pure: it looks at the manifest and the date alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from adapters.bars.files import FEATURES, KINDS, BarFile
from adapters.bars.locations import MOVES, Tier
from adapters.bars.versions import spans

HOT_DAYS, WARM_DAYS = 30, 365
"""The strategy's section on storage: hot for 30 days, warm up to a year, cold after that."""
MERGED_ROWS = 5_000_000
"""Bars of a merged file at most: about 0.5 GB in memory while it is made."""
MERGED_FEATURE_ROWS = 400_000
"""Likewise feature rows, which are more than ten times as wide: a month of 6,900 symbols has some 100,000."""
LEAST_FILES = 8
"""So many files of a month that isn't over are merged, or each session would write the whole month anew."""


@dataclass(frozen=True)
class Ages:
    """How old the bars of a tier are at most.

    Attributes:
        hot_days: older ones are warm.
        warm_days: older ones are cold.
    """

    hot_days: int = HOT_DAYS
    warm_days: int = WARM_DAYS

    def tier(self, file: BarFile, today: date) -> Tier:
        """Where the file belongs; its latest session decides."""
        age = today - file.last_session
        if age > timedelta(days=self.warm_days):
            return "cold"
        return "warm" if age > timedelta(days=self.hot_days) else "hot"


@dataclass(frozen=True)
class Step:
    """Files become one file in a tier: one file when it moves, several when they are merged.

    Attributes:
        sources: in the order of the manifest, so a later one is right where two have the same bar.
    """

    sources: tuple[BarFile, ...]
    tier: Tier


def plan(files: Sequence[BarFile], ages: Ages, today: date) -> list[Step]:
    """What is to be done now; doing it may make more possible, so plan again until nothing is left.

    Files move before they are merged with those of another tier. A group that is merged holds every file with any of
    its sessions, so that no file in between loses its rank.
    """
    steps = []
    for timeframe in KINDS:
        ours = [file for file in files if file.timeframe == timeframe]
        merges = [Step(group, group[0].tier) for group in _groups(ours) if _worth_it(group, today)]
        merged = {file.path for step in merges for file in step.sources}
        moves = [
            Step((file,), goal)
            for file in ours
            if file.path not in merged
            and (goal := ages.tier(file, today)) != file.tier
            and goal in MOVES.allowed[file.tier]
        ]
        steps += merges + moves
    return steps


def _worth_it(group: tuple[BarFile, ...], today: date) -> bool:
    if len(group) == 1:
        return False
    last = max(file.last_session for file in group)
    return (last.year, last.month) < (today.year, today.month) or len(group) >= LEAST_FILES


def _groups(files: Sequence[BarFile]) -> list[tuple[BarFile, ...]]:
    """Files of one month, tier and schema, as many as fit into one file, each group in the order of the manifest."""
    rank = {file.path: at for at, file in enumerate(files)}
    by_start = sorted(files, key=lambda file: file.first_session)
    groups: list[list[BarFile]] = []
    at = 0
    for _, end in spans(files):
        together = []
        while at < len(by_start) and by_start[at].first_session <= end:
            together.append(by_start[at])
            at += 1
        if groups and _fit(groups[-1], together):
            groups[-1] += together
        else:
            groups.append(together)
    whole = [group for group in groups if _alike(group) and _rows(group) <= _most_rows(group[0])]
    return [tuple(sorted(group, key=lambda file: rank[file.path])) for group in whole]


def _fit(group: list[BarFile], more: list[BarFile]) -> bool:
    first, other = group[0], more[0]
    same_month = (first.first_session.year, first.first_session.month) == (
        other.first_session.year,
        other.first_session.month,
    )
    return same_month and _alike([*group, *more]) and _rows(group) + _rows(more) <= _most_rows(first)


def _alike(files: Sequence[BarFile]) -> bool:
    return len({(file.tier, file.schema) for file in files}) == 1


def _most_rows(file: BarFile) -> int:
    return MERGED_FEATURE_ROWS if file.timeframe == FEATURES else MERGED_ROWS


def _rows(files: Sequence[BarFile]) -> int:
    return sum(file.rows for file in files)
