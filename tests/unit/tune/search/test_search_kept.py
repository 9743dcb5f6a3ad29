"""What a search keeps on disk: whole lines, of this search alone, for one process at a time."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from trading.errors import AlreadyRunningError, ModelError
from trading.views.members.member import Members
from trading.views.members.registry import MEMBERS
from tune.search import kept as module
from tune.search.kept import kept_in, key_of
from tune.search.trials import FoldResult

RESULT = FoldResult(0.69, (3.0, 0.1, 0.2), ("2010-01-04",), (0.01,))


def test_answers_are_read_again(tmp_path: Path) -> None:
    """Also those before a line that a kill cut off; that line is asked again."""
    with kept_in(tmp_path, "a" * 64) as kept:
        kept.add("one", RESULT)
        kept.add("two", FoldResult(0.5))
    with kept.path.open("a", encoding="utf-8") as file:
        file.write('["three", {"loss": 0.')
    with kept_in(tmp_path, "a" * 64) as again:
        assert again.answers == {"one": RESULT, "two": FoldResult(0.5)}
        again.add("three", RESULT)
    with kept_in(tmp_path, "a" * 64) as last:
        assert list(last.answers) == ["one", "two", "three"]


def test_another_search_knows_nothing_of_it(tmp_path: Path) -> None:
    """It begins anew, and what the first had is gone."""
    with kept_in(tmp_path, "a" * 64) as kept:
        kept.add("one", RESULT)
    with kept_in(tmp_path, "b" * 64) as other:
        assert other.answers == {}
    assert not kept.path.exists()


def test_two_at_once_are_refused(tmp_path: Path) -> None:
    """Whoever comes second is told."""
    with kept_in(tmp_path, "a" * 64), pytest.raises(AlreadyRunningError, match="Another training searches"):  # noqa: SIM117
        with kept_in(tmp_path, "a" * 64):
            pass


def test_a_disk_that_takes_nothing_is_told(tmp_path: Path) -> None:
    """The error names the file, and what was found before stays."""
    with kept_in(tmp_path, "a" * 64) as kept:
        full = replace(kept, path=Path("/dev/full"))
        with pytest.raises(ModelError, match="No space left"):
            full.add("one", RESULT)


def test_the_digest_knows_rows_seed_members_code_and_device(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each of them makes another search."""
    fewer = Members(MEMBERS.every[1:])
    digests = {
        key_of("d", MEMBERS, seed=7, folds=3, device="cpu"),
        key_of("e", MEMBERS, seed=7, folds=3, device="cpu"),
        key_of("d", MEMBERS, seed=8, folds=3, device="cpu"),
        key_of("d", MEMBERS, seed=7, folds=4, device="cpu"),
        key_of("d", MEMBERS, seed=7, folds=3, device="cuda"),
        key_of("d", fewer, seed=7, folds=3, device="cpu"),
    }
    monkeypatch.setattr(module, "code_sha256", lambda: "other code")
    digests.add(key_of("d", MEMBERS, seed=7, folds=3, device="cpu"))
    assert len(digests) == 7
