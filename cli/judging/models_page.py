"""What `inplay evaluate models` says: a page with every part, and lines for a terminal with the most of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import Any

from research.page import HEIGHT, WIDTH, page, span, table
from trading.performance.estimate import Estimate
from trading.plain_text import shown
from tune.judgement.importance import ALIKE, Importance
from tune.judgement.report.figures import MIN_OF_CLASS, MIN_SESSIONS, MIN_SETUPS
from tune.judgement.report.model_report import Bin, ModelReport, Part
from tune.judgement.report.targets import Target

TITLES = {
    "success": "setups that made money", "accuracy": "called right", "majority": "… by always the majority",
    "rule": "… by the rules", "logistic": "… by a logistic regression", "less_majority": "ensemble less majority",
    "precision": "precision", "recall": "recall", "mcc": "MCC", "auc": "AUC", "logistic_auc": "… of the regression",
    "brier": "Brier score", "brier_base": "… of the base rate", "log_loss": "log loss",
    "log_loss_base": "… of the base rate", "false_positives": "false positives among calls",
    "rule_false_positives": "… of the rules", "false_positives_less_rules": "ensemble less rules",
    "profit": "net return of a trade of the fifth ranked highest", "profit_in_play": "… of every setup in play",
    "profit_less_in_play": "fifth less every setup",
}  # fmt: skip
PER_CENT = {
    "success", "accuracy", "majority", "rule", "logistic", "less_majority", "precision", "recall", "false_positives",
    "rule_false_positives", "false_positives_less_rules",
}  # fmt: skip
RETURNS = {"profit", "profit_in_play", "profit_less_in_play"}
TOO_FEW = "not enough data yet"
SIDE = 300
"""Pixels of the square that the calibration is drawn in."""
SHOWN = 12
ALSO = (
    "auc", "logistic_auc", "mcc", "precision", "recall", "false_positives", "rule_false_positives", "brier",
    "brier_base", "log_loss", "log_loss_base", "profit", "profit_in_play",
)  # fmt: skip
"""What the terminal shows of all setups, beside the accuracies."""


def form_of(name: str) -> str:
    """How a figure is written."""
    return "{:.1%}" if name in PER_CENT else "{:+.2%}" if name in RETURNS else "{:.3f}"


def told(part: Part, name: str) -> str:
    """A figure of a part in words."""
    found = part.figures.estimates.get(name)
    return TOO_FEW if found is None or found.value is None else span(found, form_of(name))


def notes(report: ModelReport, looks: str) -> list[str]:
    """What a reader must know before the figures."""
    drawn = f", drawn from {report.of_rows:,}" if report.rows < report.of_rows else ""
    without = ", ".join(f"{count:,} {reason}" for reason, count in report.undecided.items()) or "none"
    judged = (
        f"{report.setups:,} setups of {report.sessions} sessions, {report.first_session} to {report.last_session}: the "
        f"test parts of purged walk-forward folds of {report.rows:,} setups on record{drawn}. Models with the "
        f"parameters of {report.ensemble_id} were fitted anew on the past of each fold."
    )
    chosen = (
        f"Its parameters were chosen by outcomes known before {report.known_before}; figures of earlier sessions are "
        "that much too good."
    )
    brackets = (
        f"Brackets: 95 % intervals; blocks of whole sessions are drawn. A part has figures from {MIN_SETUPS} setups of "
        f"{MIN_SESSIONS} sessions on, with {MIN_OF_CLASS} successes and {MIN_OF_CLASS} failures; precision, false "
        f"positives and profit from {MIN_OF_CLASS} calls or trades on."
    )
    return [judged, chosen, brackets, f"Setups without an outcome: {without}.", looks]


def looked_at(report: ModelReport) -> str:
    """How many parts were looked at, and how many have more than luck."""
    return (
        f"{len(report.parts) - 1} parts were looked at and {report.tested} have enough data to test their AUC against "
        f"0.50. At a q-value of at most 0.05 the ensemble ranks better than chance in {report.better} and worse than "
        f"chance in {report.worse}; what else looks good or bad may be luck."
    )


def model_page(report: ModelReport, paths: Mapping[str, Any], looks: str) -> str:
    """The whole report as one HTML file."""
    title = f"{report.ensemble_id}, {report.first_session} to {report.last_session}"
    every = report.parts[0]
    return page(
        title,
        [
            f"<h1>{escape(title)}</h1>",
            *(f'<p class="note">{escape(note)}</p>' for note in notes(report, looks)),
            "<h2>The strategy's targets</h2>", _targets(report.targets),
            "<h2>All setups</h2>", _all(every, report.members),
            "<h2>Calibration</h2>", _calibration(report),
            "<h2>Parts</h2>", f'<p class="note">{escape(looked_at(report))}</p>', *_parts(report.parts[1:]),
            "<h2>Importance</h2>", _importance(report.importance),
            "<h2>How far a figure moves with the split</h2>", f"<p>{escape(path_words(paths))}</p>",
        ],
    )  # fmt: skip


def _targets(targets: Sequence[Target]) -> str:
    styles = {"met": "met", "not met": "missed", "not shown": "note"}
    rows = [
        f"<tr><td>{escape(one.says)}</td><td>{one.at_least:g}</td><td>{escape(span(one.estimate, '{:.3f}', TOO_FEW))}"
        f'</td><td class="{styles[one.verdict]}">{one.verdict}</td></tr>'
        for one in targets
    ]
    head = "<tr><th></th><th>at least</th><th>measured</th><th></th></tr>"
    return f"<table>{head}{''.join(rows)}</table>"


def _all(every: Part, members: Mapping[str, Estimate]) -> str:
    figures = every.figures
    if figures.missing:
        return f"<p>{escape(figures.missing)}</p>"
    rows = [(title, told(every, name)) for name, title in TITLES.items()]
    rows[5:5] = [(f"… by {name} alone", span(one, "{:.1%}")) for name, one in members.items()]
    counts = f"{figures.calls:,} calls of the ensemble, {figures.rule_calls:,} of the rules, {figures.trades:,} trades"
    return table(("[95 % interval]", "ensemble"), rows) + f'<p class="note">{counts}</p>'


def _calibration(report: ModelReport) -> str:
    rows = [(f"{one.said:.3f}", f"{one.setups:,}", span(one.success, "{:.1%}")) for one in report.bins]
    found = report.calibrated
    words = (
        f"Calibrated by the folds before, on {found.setups:,} setups: Brier score {span(found.brier, '{:.4f}')}, of "
        f"the base rate {span(found.brier_base, '{:.4f}')}; log loss {found.log_loss:.4f}, of the base rate "
        f"{found.log_loss_base:.4f}."
    )
    return _plot(report.bins) + table(("mean strength", "setups", "made money"), rows) + f"<p>{escape(words)}</p>"


def _plot(bins: Sequence[Bin]) -> str:
    """Strength across, the share that made money up, with intervals; on the line the strength is a probability."""
    left = (WIDTH - SIDE) / 2

    def at(said: float, success: float) -> tuple[float, float]:
        return left + said * SIDE, 10 + (1 - success) * SIDE

    marks = []
    for one in bins:
        if one.success.value is None:
            continue
        x, y = at(one.said, one.success.value)
        if one.success.low is not None and one.success.high is not None:
            low, high = at(one.said, one.success.low)[1], at(one.said, one.success.high)[1]
            marks.append(f'<path d="M{x:.1f} {low:.1f} V{high:.1f}" stroke="#1f6feb" stroke-width="1.2"/>')
        marks.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="#1f6feb"/>')
    frame = f'<rect x="{left}" y="10" width="{SIDE}" height="{SIDE}" fill="none" stroke="#8b949e"/>'
    line = f'<path d="M{left} {10 + SIDE} L{left + SIDE} 10" stroke="#8b949e" stroke-dasharray="4 4"/>'
    grey = 'font-size="12" fill="#8b949e"'
    labels = (
        f'<text x="{left}" y="{SIDE + 26}" {grey}>0</text>'
        f'<text x="{left + SIDE}" y="{SIDE + 26}" text-anchor="end" {grey}>strength 1</text>'
        f'<text x="{left - 6}" y="20" text-anchor="end" {grey}>100 % made money</text>'
    )
    return (
        f'<svg viewBox="0 0 {WIDTH} {SIDE + HEIGHT // 8}" role="img" aria-label="calibration">'
        f"{frame}{line}{''.join(marks)}{labels}</svg>"
    )


PART_COLUMNS = (
    "accuracy", "majority", "rule", "auc", "precision", "recall", "mcc", "brier", "log_loss",
    "false_positives_less_rules", "profit",
)  # fmt: skip


def _parts(parts: Sequence[Part]) -> Iterator[str]:
    """A table for each way of telling setups apart; those with too few last, in a sentence each."""
    for by in dict.fromkeys(part.by for part in parts):
        of_kind = [part for part in parts if part.by == by]
        there = [part for part in of_kind if not part.figures.missing]
        yield f"<h3>By {escape(by)}</h3>"
        rows = [
            (
                part.label, f"{part.figures.setups:,}", *(told(part, name) for name in PART_COLUMNS),
                "-" if part.q is None else f"{part.q:.3f}",
            )
            for part in there
        ]  # fmt: skip
        if rows:
            yield table(("", "setups", *(TITLES[name].lstrip("… ") for name in PART_COLUMNS), "q of the AUC"), rows)
        missing = [
            f"<li>{escape(part.label)}: {escape(part.figures.missing)}</li>" for part in of_kind if part not in there
        ]
        if missing:
            yield f'<ul class="note">{"".join(missing)}</ul>'


def _importance(found: Sequence[Importance]) -> str:
    words = (
        "By how much the ensemble's log loss grows on unseen setups when a group of features is shuffled among them. "
        f"Features with a mean rank correlation of {ALIKE} or more are one group. The error is clustered by session."
    )
    rows = [
        (
            ", ".join(one.features), span(Estimate(one.increase, one.low, one.high), "{:+.5f}"),
            "-" if one.q is None else f"{one.q:.3f}",
        )
        for one in found
    ]  # fmt: skip
    return f'<p class="note">{escape(words)}</p>' + table(("features", "increase", "q"), rows)


def path_words(paths: Mapping[str, Any]) -> str:
    """The spread of combinatorial purged cross-validation, as training put it on record."""
    if not paths:
        return "No paths are on record; an earlier version trained it."
    if not paths.get("auc"):
        return f"No combinatorial paths: {paths.get('unchecked') or 'the reason is not on record'}."
    low, high = min(paths["auc"]), max(paths["auc"])
    return (
        f"On {len(paths['auc'])} paths of combinatorial purged cross-validation the AUC of {paths['member']} is "
        f"{low:.3f} to {high:.3f} ({paths['rows']:,} setups; it learns from later sessions too)."
    )


def report_lines(report: ModelReport, paths: Mapping[str, Any], looks: str) -> Iterator[str]:
    """For a terminal."""
    yield from notes(report, looks)
    every = report.parts[0]
    yield ""
    if every.figures.missing:
        yield every.figures.missing
    else:
        for name in ("majority", "rule", "logistic"):
            yield f"{TITLES[name].lstrip('… '):<32}{told(every, name)}"
        for name, one in report.members.items():
            yield f"{'by ' + name + ' alone':<32}{span(one, '{:.1%}')}"
        yield f"{'by the ensemble':<32}{told(every, 'accuracy')}"
        yield f"{TITLES['less_majority']:<32}{told(every, 'less_majority')}"
        yield ""
        for name in ALSO:
            yield f"{TITLES[name]:<52}{told(every, name)}"
    yield ""
    yield "the strategy's targets"
    for target in report.targets:
        measured = span(target.estimate, "{:.3f}", TOO_FEW)
        yield f"  {target.verdict.upper():<10}{target.says}, at least {target.at_least:g}: {measured}"
    yield ""
    yield from _part_lines(report)
    yield ""
    yield "log loss without a group of features, the largest increase first"
    for group in report.importance[:SHOWN]:
        q = "" if group.q is None else f", q {group.q:.3f}"
        yield f"  {span(Estimate(group.increase, group.low, group.high), '{:+.5f}')}{q}  {', '.join(group.features)}"
    yield path_words(paths)


def _part_lines(report: ModelReport) -> Iterator[str]:
    yield looked_at(report)
    there = [part for part in report.parts[1:] if not part.figures.missing]
    lesser = [part for part in there if part.by == "pattern"]
    for part in [part for part in there if part.by != "pattern"]:
        yield _part_line(part)
    lesser.sort(key=lambda part: 1.0 if part.q is None else part.q)
    for part in lesser[:SHOWN]:
        yield _part_line(part)
    few = [part for part in report.parts[1:] if part.figures.missing]
    if len(lesser) > SHOWN:
        yield f"  … and {len(lesser) - SHOWN} more patterns; --out and --json have them all"
    if few:
        some = ", ".join(shown(part.label) for part in few[:SHOWN])
        yield f"  {TOO_FEW} for {len(few)}: {some}{' …' if len(few) > SHOWN else ''}"


def _part_line(part: Part) -> str:
    q = "-" if part.q is None else f"{part.q:.3f}"
    name = shown(f"{part.by} {part.label}")
    return f"  {name:<46}{part.figures.setups:>8,}  right {told(part, 'accuracy')}, AUC {told(part, 'auc')}, q {q}"
