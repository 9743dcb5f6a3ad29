"""Which parameters to try next: Optuna's TPE, made anew for each batch from the trials before it, in their order.

So a batch depends on the seed and on these trials alone, and not on which of them ended first, or on how often the
search was interrupted.
"""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Mapping, Sequence
from typing import Any

from trading.views.members.member import Member
from trading.views.members.spaces import Choice, Space, Whole
from tune.search.trials import SearchTrial

ASKS_A_TRIAL = 20
"""How often Optuna is asked at most for each that is wanted: what was tried already isn't tried again."""


def proposals(member: Member, before: Sequence[SearchTrial], count: int, seed: int) -> list[dict[str, Any]]:
    """`count` parameter sets that weren't tried; fewer when the space holds no more.

    Args:
        member: whose parameters.
        before: its trials, in the order of their numbers.
        count: wanted.
        seed: of the search.
    """
    import optuna  # noqa: PLC0415  heavy

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    ranges = _distributions(member.space)
    batch = f"{seed} {member.name} {len(before)}"
    sampler = optuna.samplers.TPESampler(seed=int(hashlib.sha256(batch.encode()).hexdigest()[:8], 16))
    study = optuna.create_study(sampler=sampler)
    for one in before:
        _tell(study, one, ranges)
    tried = [dict(one.params) for one in before]
    found: list[dict[str, Any]] = []
    for _ in range(count * ASKS_A_TRIAL):
        if len(found) == count:
            break
        params = {**member.grid[0], **study.ask(ranges).params}
        if params not in tried:
            tried.append(params)
            found.append(params)
    return found


def _distributions(space: Space) -> dict[str, Any]:
    from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution  # noqa: PLC0415

    def one(part: Any) -> Any:
        if isinstance(part, Choice):
            return CategoricalDistribution(part.values)
        kind = IntDistribution if isinstance(part, Whole) else FloatDistribution
        return kind(part.low, part.high, log=part.log)

    return {name: one(part) for name, part in space.items()}


def _tell(study: Any, one: SearchTrial, ranges: Mapping[str, Any]) -> None:
    """The study knows the trial; one outside of the space, such as of a grid, teaches it nothing."""
    from optuna.trial import TrialState, create_trial  # noqa: PLC0415

    params = {name: one.params.get(name) for name in ranges}
    if not one.folds or any(params[name] is None or not _within(ranges[name], params[name]) for name in ranges):
        return
    so_far = {fold: SearchTrial("", 0, {}, one.folds[: fold + 1]).loss for fold in range(len(one.folds))}
    whole = one.state == "complete"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        study.add_trial(
            create_trial(
                state=TrialState.COMPLETE if whole else TrialState.PRUNED, params=params, distributions=dict(ranges),
                value=one.loss if whole else None, intermediate_values=so_far,
            )
        )  # fmt: skip


def _within(part: Any, value: Any) -> bool:
    try:
        return bool(part._contains(part.to_internal_repr(value)))  # noqa: SLF001 - Optuna has no public way
    except (ValueError, TypeError):
        return False
