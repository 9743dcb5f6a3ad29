"""What Optuna proposes: within the space, new, and the same for the same trials."""

from __future__ import annotations

from math import log10

import pytest

from trading.views.members.member import Member
from trading.views.members.registry import MEMBERS
from trading.views.members.spaces import Choice
from tune.search.proposals import proposals
from tune.search.trials import FoldResult, SearchTrial


def complete(member: Member, number: int, params: dict[str, object], loss: float) -> SearchTrial:
    """A trial that saw its one fold."""
    return SearchTrial(member.name, number, params, (FoldResult(loss),), "complete")


@pytest.mark.parametrize("member", MEMBERS, ids=lambda one: one.name)
def test_proposals_are_new_and_within_the_space(member: Member) -> None:
    """Fifty of them, each once, each parameter within its ends; what the space doesn't name stays as in the grid."""
    found = proposals(member, [], 50, seed=7)
    assert len({str(sorted(one.items())) for one in found}) == 50
    for one in found:
        assert set(one) == set(member.grid[0])
        for name, part in member.space.items():
            inside = one[name] in part.values if isinstance(part, Choice) else part.low <= one[name] <= part.high
            assert inside, (name, one[name])


def test_the_same_trials_and_seed_give_the_same_proposals() -> None:
    """And another seed gives others."""
    member = MEMBERS.every[1]
    before = [complete(member, k, params, 0.7 - k / 100) for k, params in enumerate(member.grid)]
    assert proposals(member, before, 5, seed=7) == proposals(member, before, 5, seed=7)
    assert proposals(member, before, 5, seed=7) != proposals(member, before, 5, seed=8)


def test_it_learns_where_the_loss_is_low() -> None:
    """After 60 trials whose loss is |log10 eta + 1|, proposals lie nearer to 0.1 than random ones."""
    member = MEMBERS.every[1]
    first = proposals(member, [], 60, seed=7)
    before = [complete(member, k, one, abs(log10(one["eta"]) + 1)) for k, one in enumerate(first)]
    learned = proposals(member, before, 20, seed=7)

    def away(sets: list[dict[str, float]]) -> float:
        return sum(abs(log10(one["eta"]) + 1) for one in sets) / len(sets)

    assert away(learned) < 0.6 * away(first)
