"""What a run says on the terminal."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from actors.ingestion import Imported
from actors.reporting import Report
from adapters.postgres.patterns import PatternCounts
from trading.cycle.summary import SessionSummary
from trading.market.benchmark import BENCHMARK
from trading.performance.estimate import Estimate
from trading.performance.measuring import targets_met
from trading.performance.metric import Metric, Value
from trading.performance.metrics.registry import counts_last, in_every_report
from tune.judgement.evaluate import Accuracy


def estimate_text(estimate: Estimate, *, per_cent: bool) -> str:
    """A figure with its interval, `-` where it is undefined."""

    def one(value: float | None) -> str:
        if value is None:
            return "-"
        return f"{value:+.1%}" if per_cent else f"{value:.2f}"

    if estimate.value is None or estimate.low is None:
        return one(estimate.value)
    return f"{one(estimate.value)} [{one(estimate.low)}, {one(estimate.high)}]"


def figure_text(metric: Metric[Any], value: Value) -> str:
    """A metric's figure: as `estimate_text` where it has an interval, else the bare number in the metric's form."""
    if isinstance(value, Estimate):
        return estimate_text(value, per_cent=metric.unit == "fraction")
    return str(value) if metric.unit == "count" else metric.shown(value, "-")


def target_text(metric: Metric[Any]) -> str:
    """What the strategy wants of it, such as `> 65%`; empty where it wants nothing."""
    if metric.target is None:
        return ""
    wanted = metric.target.value
    return f"{metric.target.comparison} {f'{wanted:.0%}' if metric.unit == 'fraction' else wanted}"


def pattern_words(counts: PatternCounts) -> str:
    """What is on record, by family; an outcome is only ever of a pattern with a direction."""
    return (
        f"{counts.recorded:,} patterns on record: {counts.candlesticks:,} candlesticks ({counts.without_direction:,} "
        f"without a direction), {counts.charts:,} chart patterns; {counts.with_outcome:,} with outcome"
    )


class Printer:
    """Plain lines for progress, tables for results."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self._started = time.monotonic()

    def step(self, text: str) -> None:
        """Something is done or begins; the line begins with the seconds since the start."""
        self.console.print(Text(f"{time.monotonic() - self._started:6.1f} s  {text}"), soft_wrap=True)

    def warning(self, text: str) -> None:
        """Something went wrong and was mended."""
        self.console.print(Text(f"! {text}", style="yellow"), soft_wrap=True)

    def imported(self, imported: Imported, new_events: int) -> None:
        """What the import stored and what the gates found."""
        self.step(
            f"{imported.symbols} symbols, {imported.rows_in:,} rows in, {imported.rows_stored:,} stored, "
            f"{imported.rows_quarantined} refused{'' if imported.new else ' (on record already)'}; "
            f"{new_events:,} new earnings dates"
        )
        for correction in imported.corrections:
            self.step(f"correction: {correction}")
        table = Table(title="What the data gates found", title_justify="left")
        for heading in ("gate", "severity", "findings", "rows"):
            table.add_column(heading, justify="right" if heading in {"findings", "rows"} else "left")
        for (gate, severity), (findings, rows) in imported.findings.items():
            table.add_row(gate, severity, str(findings), f"{rows:,}")
        self.console.print(table)

    def accuracy(self, accuracy: Accuracy) -> None:
        """The ensemble's accuracy out of sample, beside what it must beat."""
        table = Table(
            title=f"Out-of-sample accuracy on {accuracy.setups:,} later setups of {accuracy.sessions} sessions "
            f"({accuracy.base_rate:.1%} succeeded)",
            title_justify="left",
        )
        table.add_column("who decides")
        table.add_column("accuracy [95 % interval]", justify="right")
        rows = {
            "majority": accuracy.majority, "rule": accuracy.rule, "logistic regression": accuracy.logistic,
            **accuracy.members, "ensemble": accuracy.ensemble,
        }  # fmt: skip
        for name, estimate in rows.items():
            table.add_row(name, estimate_text(estimate, per_cent=True).replace("+", ""))
        self.console.print(table)
        difference = accuracy.ensemble_less_majority
        better = difference.low is not None and difference.low > 0
        self.step(
            f"ensemble less majority: {estimate_text(difference, per_cent=True)}; "
            + ("better than the majority" if better else "not shown to be better than the majority")
            + f"; ranking (AUC) {estimate_text(accuracy.ensemble_auc, per_cent=False)}, of the logistic "
            f"regression {estimate_text(accuracy.logistic_auc, per_cent=False)}, chance is 0.50"
        )
        shares = (accuracy.strongest_fifth, accuracy.weakest_fifth, accuracy.in_play_success)
        strongest, weakest, every = (estimate_text(share, per_cent=True).replace("+", "") for share in shares)
        self.step(
            f"of {accuracy.in_play:,} long setups in play, {every} succeeded; of the fifth that the ensemble ranks "
            f"highest {strongest}, of the lowest {weakest}"
        )

    def addresses(self, url: str, token: str, ray_dashboard: str) -> None:
        """Where everything is and how to log in."""
        self.step(f"dashboard       {url}/#token={token}")
        self.step(f"API docs        {url}/docs")
        self.step(f"try             curl -H 'Authorization: Bearer {token}' {url}/v1/signals")
        self.step(f"Ray dashboard   {ray_dashboard}  (it asks for the token that `ray get-auth-token` prints)")

    def session(self, number: int, total: int, summary: SessionSummary) -> None:
        """One line a session."""
        books = "  ".join(
            f"{name} ${cents / 100:>11,.2f} ({summary.fills.get(name, 0)} fills)"
            for name, cents in summary.equity_cents.items()
        )
        line = f"{summary.session}  {number:>3}/{total}  {books}  {summary.stocks_in_play} in play"
        self.console.print(Text(line), soft_wrap=True)

    def followed(self, summary: SessionSummary) -> None:
        """One line for a session that was traded as it came in."""
        books = "  ".join(f"{name} ${cents / 100:>11,.2f}" for name, cents in summary.equity_cents.items())
        self.step(f"{summary.session} traded: {books}  {summary.stocks_in_play} in play")

    def report(self, report: Report) -> None:
        """Figures of the accounts and the benchmark, and plainly which targets are not met."""
        sessions = report.sessions
        table = Table(
            title=f"Paper trading, {sessions[0]} to {sessions[-1]}, {len(sessions)} sessions [95 % intervals]",
            title_justify="left",
        )
        table.add_column("")
        names = list(report.figures)
        for name in names:
            table.add_column(name, justify="right")
        table.add_column("target", justify="right")
        for metric in counts_last(in_every_report()):
            told = {name: report.figures[name] for name in names if metric.of_benchmark or name != BENCHMARK}
            shown = [figure_text(metric, told[name][metric.name]) if name in told else "" for name in names]
            table.add_row(metric.short or metric.title, *shown, target_text(metric))
        self.console.print(table)
        for name in (n for n in names if n != BENCHMARK):
            self._targets(name, targets_met(report.figures[name]))
        self.step("buy and hold carries no costs; the accounts carry commission and slippage")
        self.step(f"journal hash {report.journal_hash}")

    def _targets(self, name: str, met: Mapping[str, bool | None]) -> None:
        words = {True: "met", False: "NOT met", None: "cannot be told"}
        parts = ", ".join(f"{measure.replace('_', ' ')} {words[holds]}" for measure, holds in met.items())
        self.step(f"{name}: the strategy's targets: {parts}")
