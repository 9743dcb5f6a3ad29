"""How often the watches give a false alarm, how late they find planted drift, and how often a test promotes by luck."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from benchmarks.made_drift import Planted, SampleSessions, planted_year, sample_sessions, shuffled
from benchmarks.measure import Table
from trading.arrays import Floats
from trading.watching.calibration import CalibrationRules, lower_ends, shortfall
from trading.watching.concepts import ConceptRules, alarms
from trading.watching.features import FeatureRules, reference_of, shift
from trading.watching.marks import SessionMarks, column
from trading.watching.promotion import PromotionRules
from trading.watching.sequential import first_above

SEED = 20261128
YEARS = 200
PLANTED_YEARS = 50
SESSIONS = 252
RUNS = 10_000
POWER_RUNS = 2_000
TEST_SESSIONS = 500
MATURE = 6
"""Sessions after which an outcome is known; they come on top of the delay."""
WATCH, KIND, FIGURE, VALUE = "watch", "on", "figure", "value"


def calibration_alarms(marks: list[SessionMarks], rules: CalibrationRules) -> list[int]:
    """The session of the first alarm of each season."""
    short, found = shortfall(marks, rules), []
    for begun in range(0, len(short), rules.season):
        ends = lower_ends(short[begun : begun + rules.season], rules)
        hit = np.flatnonzero(np.nan_to_num(ends, nan=-1.0) > 0)
        found += [begun + int(hit[0])] if len(hit) else []
    return found


def concept_alarms(marks: list[SessionMarks], rules: ConceptRules) -> list[int]:
    """The sessions of alarms."""
    return alarms(column(marks, "claimed") - 2.0 * column(marks, "told"), rules)


def false_alarms(sample: SampleSessions, years: int, seed: int) -> dict[str, float]:
    """Alarms a year of each watch on shuffled years, after 60 sessions to compare with."""
    rng = np.random.default_rng(seed)
    features, calibration, concept = FeatureRules(), CalibrationRules(), ConceptRules()
    counts = dict.fromkeys(("features", "calibration", "concept"), 0)
    for year in range(years):
        drawn = shuffled(rng, len(sample.marks), features.least_reference + SESSIONS)
        marks = [sample.marks[at] for at in drawn]
        reference = reference_of(sample.shares[drawn[: features.least_reference]], sample.edges, features, learned=True)
        for begun in range(features.least_reference, len(drawn) - features.window + 1, features.window):
            told = shift(reference, sample.shares[drawn[begun : begun + features.window]], features, seed + year)
            counts["features"] += bool(told.found(features))
        counts["calibration"] += len(calibration_alarms(marks[features.least_reference :], calibration))
        counts["concept"] += len(concept_alarms(marks, concept))
    return {name: count / years for name, count in counts.items()}


def delays(planted: Planted, years: int, seed: int) -> dict[str, Floats]:
    """Sessions from the reversal to the first alarm of each watch; infinite where there was none in the year."""
    rng, calibration, concept = np.random.default_rng(seed), CalibrationRules(), ConceptRules()
    found: dict[str, list[float]] = {"calibration": [], "concept": []}
    for _ in range(years):
        marks = planted_year(rng, planted, SESSIONS)
        each = {"calibration": calibration_alarms(marks, calibration), "concept": concept_alarms(marks, concept)}
        for name, at in each.items():
            found[name].append(min((one - planted.reverses for one in at if one >= planted.reverses), default=np.inf))
    return {name: np.array(values) for name, values in found.items()}


Differences = Callable[[np.random.Generator, int], Floats]
"""Differences of standard deviation one, mean zero, shape `(runs, TEST_SESSIONS)`."""


def independent(rng: np.random.Generator, runs: int) -> Floats:
    """Normal ones."""
    return rng.normal(size=(runs, TEST_SESSIONS))


def heavy(rng: np.random.Generator, runs: int) -> Floats:
    """Student's t with three degrees of freedom."""
    return np.asarray(rng.standard_t(3, (runs, TEST_SESSIONS)) / np.sqrt(3.0))


def overlapping(rng: np.random.Generator, runs: int) -> Floats:
    """Means of five neighbouring heavy-tailed ones, as outcomes over five sessions overlap."""
    noise = rng.standard_t(3, (runs, TEST_SESSIONS + 4)) / np.sqrt(3.0)
    return np.asarray(np.lib.stride_tricks.sliding_window_view(noise, 5, axis=1).mean(axis=2) * np.sqrt(5.0))


def skewed(rng: np.random.Generator, runs: int) -> Floats:
    """Many small gains and few large losses."""
    return np.asarray(1.0 - rng.exponential(size=(runs, TEST_SESSIONS)))


def alike(rng: np.random.Generator, runs: int) -> Floats:  # noqa: ARG001 - like the others
    """Two identical models."""
    return np.zeros((runs, TEST_SESSIONS))


KINDS: dict[str, Differences] = {
    "independent": independent, "heavy tails": heavy, "heavy tails, overlapping": overlapping, "skewed": skewed,
    "two identical models": alike,
}  # fmt: skip


def promoted_at(differences: Floats, rules: PromotionRules) -> Floats:
    """The session after which each run is called better, looked at after every one; infinite for never."""
    length = rules.test.block_sessions
    blocks = differences.reshape(len(differences), -1, length).mean(axis=2)
    at = first_above(blocks, rules.test)
    return np.where(at < 0, np.inf, (at + 1.0) * length)


def run() -> Table:
    """The table of the document on monitoring."""
    table = Table("watching", f"alarms and promotions without a cause and with one; seed {SEED}")

    def add(watch: str, on: str, figure: str, value: str) -> None:
        table.rows.append({WATCH: watch, KIND: on, FIGURE: figure, VALUE: value})

    told = false_alarms(sample_sessions(), YEARS, SEED)
    for name, rate in told.items():
        add(name, f"{YEARS} shuffled years of the sample", "false alarms a year", f"{rate:.3f}")
    for name, days in delays(Planted(), PLANTED_YEARS, SEED).items():
        late = np.quantile(days, [0.5, 0.9], method="inverted_cdf") + MATURE
        add(name, "a pattern's edge reverses", "sessions until the alarm, median and 90 %", f"{late[0]:g}, {late[1]:g}")
    rng, rules = np.random.default_rng(SEED), PromotionRules()
    for kind, make in KINDS.items():
        share = np.isfinite(promoted_at(make(rng, RUNS), rules)).mean()
        add("promotion", kind, f"promoted by luck within {TEST_SESSIONS} sessions", f"{share:.2%}")
    for effect in (0.2, 0.3, 0.5):
        at = promoted_at(independent(rng, POWER_RUNS) + effect, rules)
        middle = float(np.median(at))
        found = f"{np.isfinite(at).mean():.0%}, median {middle:g} sessions"
        add("promotion", f"better by {effect:g} standard deviations", f"found within {TEST_SESSIONS} sessions", found)
    table.notes.append(f"delays hold {MATURE} sessions in which outcomes become known")
    return table
