"""The reporting service's report, which the performance and the equity curves are made of."""

from __future__ import annotations

from typing import Any, Final

from serve.platform import Platform

ACCOUNT_LABELS: Final = {"rule": "Rule-based account", "ensemble": "Ensemble account"}
"""What the report holds beside these is the benchmark."""


class LatestReport:
    """The report, asked for anew only when there are new entries in the journal."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._kept: tuple[str, Any] = ("", None)

    def now(self) -> Any:
        """The report over the sessions replayed so far; None before the first one."""
        last = self._platform.accounts.last_hash()
        if self._kept[0] != last:
            self._kept = (last, self._platform.actors.ask("reporting", "report", self._platform.seed))
        return self._kept[1]


def latest_report(platform: Platform) -> Any:
    """The report as it is now; the readers of one platform share it."""
    return platform.once(LatestReport).now()
