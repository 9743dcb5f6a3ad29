"""All checks for leakage, before anything is trained."""

from __future__ import annotations

from collections.abc import Sequence

from tune.judgement.leakage.again import Then, later_knowledge
from tune.judgement.leakage.columns import identity_leakage, label_leakage, scaler_leakage
from tune.judgement.leakage.finding import Findings
from tune.judgement.leakage.splits import split_leakage
from tune.sets.splits import Split
from tune.sets.training_set import TrainingSet


def leakage(data: TrainingSet, parts: Sequence[tuple[TrainingSet, Split]], then: Then | None = None) -> Findings:
    """What each kind of check found: feature, news_time, label, scaler, split, identity.

    Args:
        data: to be trained on.
        parts: every split that a model will be judged by, with the rows that it divides.
        then: makes rows from what was known at a close; see `later_knowledge`.
    """
    return {
        **later_knowledge(data, then),
        "label": label_leakage(data),
        "scaler": scaler_leakage(data),
        "split": split_leakage(parts),
        "identity": identity_leakage(data),
    }
