"""Whether errors have grown: ADWIN and Page-Hinkley on the error of each session; an alarm takes both."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from trading.arrays import Floats
from trading.watching.findings import Finding, not_enough
from trading.watching.marks import SessionMarks, column


@dataclass(frozen=True)
class ConceptRules:
    """Of the watch.

    Attributes:
        first_sessions: that set mean and spread of the error; nothing is found in them.
        delta: of ADWIN, its chance of a false cut at a look.
        allowance: of Page-Hinkley, in standard deviations: growth that is too small to matter.
        threshold: of Page-Hinkley, likewise, of the growth summed up.
        together: sessions within which both must speak.
        stands: sessions for which an alarm stands.
    """

    first_sessions: int = 40
    delta: float = 0.002
    allowance: float = 0.5
    threshold: float = 12.0
    together: int = 20
    stands: int = 20


def detections(errors: Floats, rules: ConceptRules) -> tuple[list[int], list[int]]:
    """At which sessions ADWIN and Page-Hinkley found that the error has grown.

    Source:
        Bifet and Gavaldà (2007), Learning from time-changing data with adaptive windowing; Page (1954), Continuous
        inspection schemes; both by river.
    """
    from river import drift  # noqa: PLC0415  takes seconds

    first = errors[: rules.first_sessions]
    spread = float(first.std(ddof=1)) or 1.0
    made: Any = drift  # its methods have no types
    adwin = made.ADWIN(delta=rules.delta, clock=1)
    page = made.PageHinkley(
        min_instances=rules.first_sessions, delta=rules.allowance, threshold=rules.threshold, mode="up"
    )
    cut, raised = list[int](), list[int]()
    for at, value in enumerate(((errors - first.mean()) / spread).tolist()):
        before = adwin.estimation
        adwin.update(value)
        page.update(value)
        if adwin.drift_detected and adwin.estimation > before and at >= rules.first_sessions:
            cut.append(at)
        if page.drift_detected:
            raised.append(at)
    return cut, raised


def alarms(errors: Floats, rules: ConceptRules) -> list[int]:
    """The sessions at which both had spoken, the second one just now."""
    cut, raised = detections(errors, rules)
    near = rules.together
    mine = [at for at in cut if any(0 <= at - other < near for other in raised)]
    theirs = [at for at in raised if any(0 <= at - other < near for other in cut)]
    return sorted({*mine, *theirs})


def watch_concept(marks: Sequence[SessionMarks], rules: ConceptRules) -> Finding:
    """Whether the error has grown within the last sessions.

    It is the squared error of the probabilities above that of saying of each setup what share of its session made
    money, both less the session's mean: below zero where they tell setups apart.
    """
    errors = column(marks, "claimed") - 2.0 * column(marks, "told")
    errors = errors[np.isfinite(errors)]
    if len(errors) < rules.first_sessions + 1:
        return not_enough("concept", len(errors), rules.first_sessions + 1, "sessions with known outcomes")
    found = alarms(errors, rules)
    recent = float(errors[-rules.stands :].mean())
    words = f"the error of the last {rules.stands} sessions is {recent:+.5f} beside saying the same of all setups"
    if found and len(errors) - found[-1] <= rules.stands:
        ago = len(errors) - 1 - found[-1]
        return Finding("concept", "alarm", recent, None, f"ADWIN and Page-Hinkley found {ago} sessions ago: {words}")
    return Finding("concept", "quiet", recent, None, words)
