"""The access-control entry that lets one user pass through a folder."""

from __future__ import annotations

from adapters.postgres.access import (
    ENTRY,
    GROUP,
    GROUP_OBJ,
    HEADER,
    MASK,
    NOBODY,
    OTHER,
    USER,
    USER_OBJ,
    with_pass,
)  # fmt: skip


def _entries(raw: bytes) -> list[tuple[int, int, int]]:
    assert HEADER.unpack(raw[:4]) == (2,)
    return list(ENTRY.iter_unpack(raw[4:]))


def test_only_the_named_user_gains_a_right() -> None:
    """A folder of mode 0700 gets an entry --x for the user; group and others stay without any."""
    private = [(USER_OBJ, 7, NOBODY), (GROUP_OBJ, 0, NOBODY), (OTHER, 0, NOBODY)]
    assert _entries(with_pass(private, 999)) == [
        (USER_OBJ, 7, NOBODY), (USER, 1, 999), (GROUP_OBJ, 0, NOBODY), (MASK, 1, NOBODY), (OTHER, 0, NOBODY),
    ]  # fmt: skip


def test_entries_that_the_mask_had_capped_stay_capped() -> None:
    """The mask has to let our entry through; what it held back before is cut down instead."""
    before = [
        (USER_OBJ, 7, NOBODY),
        (USER, 7, 50),
        (GROUP_OBJ, 7, NOBODY),
        (GROUP, 5, 60),
        (MASK, 4, NOBODY),
        (OTHER, 0, NOBODY),
    ]
    after = _entries(with_pass(before, 999))
    assert after == [
        (USER_OBJ, 7, NOBODY), (USER, 4, 50), (USER, 1, 999), (GROUP_OBJ, 4, NOBODY), (GROUP, 4, 60),
        (MASK, 5, NOBODY), (OTHER, 0, NOBODY),
    ]  # fmt: skip


def test_a_second_time_changes_nothing() -> None:
    """Granting what is granted gives the same entries, and keeps what the user may do beyond passing."""
    private = [(USER_OBJ, 7, NOBODY), (USER, 5, 999), (GROUP_OBJ, 0, NOBODY), (MASK, 5, NOBODY), (OTHER, 0, NOBODY)]
    once = with_pass(private, 999)
    assert with_pass(_entries(once), 999) == once
    assert (USER, 5, 999) in _entries(once)
