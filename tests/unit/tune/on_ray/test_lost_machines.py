"""What is told of a placement group whose machine goes away, look by look."""

from __future__ import annotations

from tune.on_ray.placements import BACK, LOST, _News

A, B, C = {0: "head", 1: "a"}, {0: "head", 1: "b"}, {0: "head", 1: "c"}


def told(*looks: tuple[str, dict[int, str]]) -> list[str]:
    """By looks at Ray's table: its state, and where the bundles are."""
    said: list[str] = []
    news = _News(said.append, 100.0)
    for state, where in looks:
        news.look({"state": state, "bundles_to_node_id": where})
    return said


def test_where_nothing_happens_nothing_is_told() -> None:
    """Nor of a group that is taken back at its end."""
    assert told(("CREATED", A), ("CREATED", A), ("REMOVED", A)) == []


def test_a_loss_is_told_once_and_so_is_its_end() -> None:
    """However often it is looked at meanwhile."""
    looks = [("CREATED", A), ("RESCHEDULING", A), ("RESCHEDULING", A), ("CREATED", B), ("CREATED", B)]
    assert told(*looks) == [LOST.format(100.0), BACK]


def test_a_part_that_moved_between_two_looks_is_told() -> None:
    """There was room on a machine that is left; a second loss is told as well."""
    assert told(("CREATED", A), ("CREATED", B), ("CREATED", B), ("CREATED", C)) == [BACK, BACK]
