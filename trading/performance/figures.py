"""All figures of an account, beside its benchmark."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from trading.performance.attempts import Attempts
from trading.performance.estimate import Estimate
from trading.performance.groups import Group, Ratio, catalyst_ratio_of, groups
from trading.performance.inputs import Curve, Pair, curve_and_profits
from trading.performance.measuring import measured
from trading.performance.metric import Metric, Values
from trading.performance.metrics.registry import all_metrics, counts_last, in_every_report
from trading.performance.record import AccountRecord


@dataclass(frozen=True)
class Figures:
    """All of it.

    Attributes:
        attempts: that this one was chosen from; None where they aren't known, and then luck can't be told from skill.
        account: what each metric is, by its name; `benchmark` likewise, as far as it has them.
    """

    name: str
    sessions: int
    attempts: Attempts | None
    account: Values
    benchmark: Values
    groups: tuple[Group, ...]
    catalyst: Ratio

    def to_dict(self) -> dict[str, Any]:
        """The figures for a program.

        `account` and `benchmark` hold the figures that every report has. `curve`, `benchmark_curve` and `activity` hold
        those of backtests alone; of these, one that compares the two curves stands beside them under its own name.
        """
        shared = counts_last(in_every_report())
        own = [metric for metric in counts_last(all_metrics()) if metric not in shared]
        of_curves = [metric for metric in own if metric.of is Curve]
        of_pairs = [metric for metric in own if metric.of is Pair]
        rest = [metric for metric in own if metric.of not in {Curve, Pair}]
        return {
            "name": self.name,
            "sessions": self.sessions,
            "trials": None if self.attempts is None else self.attempts.count,
            "attempts": None if self.attempts is None else self.attempts.to_dict(),
            "account": _told(shared, self.account),
            "benchmark": _told(shared, self.benchmark),
            "curve": _told(of_curves, self.account),
            "benchmark_curve": _told(of_curves, self.benchmark),
            "activity": _told(rest, self.account),
            **_told(of_pairs, self.account),
            "groups": [asdict(group) for group in self.groups],
            "catalyst": asdict(self.catalyst),
        }


def figures_of(record: AccountRecord, *, seed: int, attempts: Attempts | None) -> Figures:
    """The figures of what happened.

    Args:
        record: of the account.
        seed: of the resampling.
        attempts: looked at on these sessions, this one included; None where they aren't known.
    """
    curve, profits = curve_and_profits(record.equity_usd, record.trades.profit_usd, seed=seed, attempts=attempts)
    benchmark, no_profits = curve_and_profits(record.benchmark_usd, (), seed=seed)
    return Figures(
        name=record.name,
        sessions=len(record.sessions),
        attempts=attempts,
        account=measured((curve, profits, Pair(curve.returns, benchmark.returns), record), all_metrics()),
        benchmark=measured((benchmark, no_profits), all_metrics()),
        groups=groups(record.trades),
        catalyst=catalyst_ratio_of(record.trades, seed=seed),
    )


def _told(metrics: Iterable[Metric[Any]], values: Values) -> dict[str, Any]:
    found = {metric.name: values[metric.name] for metric in metrics if metric.name in values}
    return {name: asdict(value) if isinstance(value, Estimate) else value for name, value in found.items()}
