"""Parts of an import, as a message names them."""

from __future__ import annotations

import pytest

from data.importing.spill import when


@pytest.mark.parametrize(
    ("part", "words"),
    [("2024-12..2024-12", "in 2024-12"), ("2024-10..2024-12", "from 2024-10 to 2024-12"),
     ("2024-12-02..2024-12-02", "in 2024-12-02")],
)  # fmt: skip
def test_a_part_is_named_by_its_time(part: str, words: str) -> None:
    """One month or session once, several by the first and the last."""
    assert when(part) == words
