"""The reporting service's report, which the performance and the equity curves are made of."""

from __future__ import annotations

from datetime import date
from typing import Final, Protocol

from serve.sources import Service, Sources
from trading.decisions.arms import ARMS
from trading.performance.metric import Values

ACCOUNT_LABELS: Final[dict[str, str]] = {
    **{str(name): facts.title for name, facts in ARMS.items()},
    "ensemble": ARMS["hybrid"].title,
}
"""What the report holds beside these is the benchmark."""


class Report(Protocol):
    """The figures over the sessions replayed so far."""

    @property
    def sessions(self) -> tuple[date, ...]:
        """Those replayed."""
        ...

    @property
    def equity_usd(self) -> dict[str, tuple[float, ...]]:
        """Of each account and the benchmark: one value before the first session, then one a session."""
        ...

    @property
    def figures(self) -> dict[str, Values]:
        """Of each account and the benchmark, by the metric's name."""
        ...


class Reporting(Protocol):
    """What is asked of `reporting`."""

    def report(self, seed: int) -> Report | None:
        """The report; None before the first session. The same journal and seed give the same report."""
        ...


REPORTING: Final = Service[Reporting]("reporting")


class LatestReport:
    """The report, asked for anew only when there are new entries in the journal."""

    def __init__(self, sources: Sources) -> None:
        self._sources = sources
        self._kept: tuple[str, Report | None] = ("", None)

    def now(self) -> Report | None:
        """The report over the sessions replayed so far; None before the first one."""
        last = self._sources.accounts.last_hash()
        if self._kept[0] != last:
            self._kept = (last, self._sources.actors.ask(REPORTING, Reporting.report, self._sources.seed))
        return self._kept[1]


def latest_report(sources: Sources) -> Report | None:
    """The report as it is now; the readers of the same sources share it."""
    return sources.once(LatestReport).now()
