"""What `inplay models` says in words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cli.figures import percent, with_interval
from research.models.changing import Changed
from research.models.showing import Acted, Listed, Shown
from trading.performance.estimate import Estimate
from trading.plain_text import shown as plain
from trading.risk.model_risk import RULES
from trading.views.lifecycle import Event

STATES = {"whole": "as registered", "file gone": "FILE GONE", "changed": "CHANGED: not the file that was registered"}
"""Of a file, in words."""


def list_lines(rows: Sequence[Listed]) -> Iterator[str]:
    """The list."""
    if not rows:
        yield "no ensemble is on record yet; `inplay run` trains one"
        return
    wide = max(len(row.ensemble_id) for row in rows)
    yield (
        f"{'ensemble':<{wide}}  {'role':<10}  {'from':<10}  {'learned before':<14}  "
        f"{'accuracy out of sample':<26}  {'scored':>9}  {'with outcome':>12}"
    )
    for row in rows:
        yield (
            f"{row.ensemble_id:<{wide}}  {row.role or 'none':<10}  {row.from_session!s:<10}  "
            f"{row.known_before!s:<14}  {with_interval(row.accuracy):<26}  {row.scored.signals:>9,}  "
            f"{row.scored.with_outcome:>12,}" + ("  AUDIT FAILED" if row.audit is False else "")
        )
    if not any(row.role == "champion" for row in rows):
        yield "no ensemble is champion, so the rules decide; `inplay models promote ID` makes one"


def show_lines(told: Shown) -> Iterator[str]:
    """One ensemble."""
    row = told.listed
    yield f"{row.ensemble_id}: {row.role} from {row.from_session} on; learned what was known before {row.known_before}"
    yield from _update(told)
    yield f"accuracy out of sample: {with_interval(row.accuracy)}"
    yield from _baselines(told)
    yield f"audit: {_audit(told)}"
    yield from _before_training(told)
    yield (
        f"scored {row.scored.signals:,} setups, {row.scored.with_outcome:,} with a known outcome; in play "
        f"{row.scored.in_play:,}, {row.scored.in_play_with_outcome:,} with a known outcome"
    )
    yield "life:"
    yield from (f"  {_event(event)}" for event in told.events)
    yield "members:"
    for file in told.files:
        yield f"  {file.member:<10}{file.weight:<5g}{file.path}  {file.sha256[:12]}  {STATES[file.state]}"
    yield from _calibration(told)
    yield "rules of model risk that acted:" if told.acted else "no account asked it yet"
    yield from acted_lines(told.acted)


def _update(told: Shown) -> Iterator[str]:
    """What a light update was made from, and what each member gained."""
    update = told.metrics.get("update")
    if update:
        gained = (f"{name} {one['added']} of {one['holds']}" for name, one in update.items() if isinstance(one, dict))
        yield (
            f"light update of {update['parent']} on {update['rows']:,} setups of {update['sessions']} sessions; new "
            f"trees or rounds: {', '.join(gained)}"
        )


def _baselines(told: Shown) -> Iterator[str]:
    """What the accuracy stands beside, as far as the training judged it."""
    found = {name: told.metrics.get(name) for name in ("majority", "rule", "logistic")}
    words = [f"{name} {with_interval(Estimate(**figure))}" for name, figure in found.items() if figure]
    if words:
        yield f"  on the same setups: {', '.join(words)}"


def _event(event: Event) -> str:
    return plain(f"{event.from_session}  {event.role:<10}  {event.who}, {event.at:%Y-%m-%d %H:%M} UTC: {event.why}")


def _audit(told: Shown) -> str:
    audit = told.metrics.get("audit")
    if audit is None:
        return "none on record; it was trained by an earlier version"
    if audit["passed"]:
        return f"passed: {', '.join(name.replace('_', ' ') for name in audit['checks'])}"
    return "FAILED: " + "; ".join(why for why in audit["checks"].values() if why)


def _before_training(told: Shown) -> Iterator[str]:
    """What was looked for before the training, how far figures move with the split, and labels that are a guess."""
    for kind, found in ((told.metrics.get("audit") or {}).get("leakage") or {}).items():
        figure = "not checked" if found["figure"] is None else f"{found['figure']:.4g} (a leak from {found['bound']:g})"
        said = found["leak"] or found["unchecked"] or found["measured"]
        yield plain(f"  {kind.replace('_', ' ') + ' leakage':<18}{figure}: {said}")
    paths = told.metrics.get("paths")
    if paths and paths["auc"]:
        low, high = min(paths["auc"]), max(paths["auc"])
        yield (
            f"split: on {len(paths['auc'])} combinatorial paths the AUC of {paths['member']} is "
            f"{low:.3f} to {high:.3f} ({paths['rows']:,} setups)"
        )
    elif paths:
        yield plain(f"split: no combinatorial paths: {paths['unchecked']}")
    labels = told.metrics.get("labels")
    if labels and labels["looked_at"]:
        share = percent(labels["both_barriers"] / labels["looked_at"])
        yield f"labels: {labels['both_barriers']:,} of {labels['looked_at']:,} ({share}) can't be decided by bars: stop"


def _calibration(told: Shown) -> Iterator[str]:
    if told.card["trouble"]:
        yield plain(f"card: {told.card['trouble']}")
        return
    found = told.card["calibration"]
    if found is None:
        yield "calibration: none; the card is of an earlier version, and its expected return is the models' own"
        return
    (base, slope), (mean, per) = found["strength"], found["net_return"]
    yield f"calibration on {found['setups']:,} unseen setups of {found['sessions']} sessions:"
    yield f"  log odds of making money {base:+.3f} {slope:+.3f} x strength" + _flat(slope)
    yield f"  expected net return {mean:+.3%} {per:+.3f} x predicted" + _flat(per)
    yield f"  widest disagreement {found['widest_disagreement']:.3f}"


def _flat(slope: float) -> str:
    return "" if slope else " (the models' figure tells nothing here)"


def acted_lines(told: Sequence[Acted]) -> Iterator[str]:
    """How often each rule acted, account by account."""
    for acted in told:
        yield f"  {acted.account}, of {acted.candidates:,} candidates:"
        for rule, count in acted.rules.items():
            yield f"    {rule:<14}{count:>7,}  {percent(count / acted.candidates):>7}  {RULES[rule]}"  # type: ignore[index]


def change_lines(done: Changed) -> Iterator[str]:
    """What a change made."""
    if not done.events:
        yield f"{done.ensemble_id} is {done.role} already, from {done.from_session} on; nothing was changed"
        return
    for event in done.events:
        yield f"{event.ensemble_id} is {event.role} from the first session on or after {event.from_session}"
