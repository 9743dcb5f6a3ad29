"""Reports in the data folder: whole or not at all, bounded, and claims that can be read from either file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from research.reports import kept as module
from research.reports.claims import compared_claims, figures_sha256, meta_of, was_altered, without_own_hash
from research.reports.kept import claim_and_figures, clear_parts, keep, kept, kept_report
from trading.errors import BadDataError, ConfigurationError

CLAIM: dict[str, Any] = {
    "code_version": "0.1.0", "code_sha256": "a" * 64, "data": {"journal": "j", "bars": "b"}, "seed": 7,
    "settings": {"broker_follows": "hybrid", "tbill_percent": None}, "figures_sha256": "f", "kind": "day",
    "day": "2010-08-20",
}  # fmt: skip


@pytest.fixture(autouse=True)
def short_page(monkeypatch: pytest.MonkeyPatch) -> None:
    """A page of a line in place of the whole one."""
    monkeypatch.setattr(module, "digest_page", lambda told: line_of(told["name"]))


def line_of(name: str) -> str:
    """That page."""
    meta = meta_of(CLAIM)["inplay-claim"].replace('"', "&quot;")
    return f'<meta name="inplay-claim" content="{meta}">{name}'


def told(name: str) -> dict[str, Any]:
    """A digest that is mostly its name."""
    return {"name": name, "kind": name.partition("-")[0], "claim": CLAIM, "figure": 1}


def test_the_latest_of_each_kind_stay(tmp_path: Path) -> None:
    """Two days are kept of three; the week stays, and so does what isn't ours."""
    (tmp_path / "reports").mkdir()
    (tmp_path / "reports" / "day-notes.json").write_text("mine")
    for name in ("week-2010-W33", "day-2010-08-18", "day-2010-08-19", "day-2010-08-20"):
        keep(tmp_path, told(name), 2)
    assert {one.name for one in kept(tmp_path)} == {"week-2010-W33", "day-2010-08-19", "day-2010-08-20"}
    assert sorted(path.name for path in (tmp_path / "reports").glob("day-*")) == [
        "day-2010-08-19.html", "day-2010-08-19.json", "day-2010-08-20.html", "day-2010-08-20.json", "day-notes.json",
    ]  # fmt: skip


def test_what_was_cut_is_no_report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A crash while writing leaves the earlier report, and a half that the next one clears."""
    keep(tmp_path, told("day-2010-08-20"), 9)

    def crash(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", crash)
    with pytest.raises(OSError, match="No space"):
        keep(tmp_path, {**told("day-2010-08-20"), "figure": 2}, 9)
    assert (kept_report(tmp_path, "day-2010-08-20") or {})["figure"] == 1
    assert clear_parts(tmp_path) == [], "a disk that is full isn't kept full"
    half = tmp_path / "reports" / "day-2010-08-20.html.4711.part"
    half.write_text("<h1>Ses")  # of a process that was killed
    assert clear_parts(tmp_path) == [half]


@pytest.mark.parametrize("name", ["../secret", "day-2010-08-20/../../secret", "day-notes", "", "day-2010-08-20\n"])
def test_no_other_file_is_read(tmp_path: Path, name: str) -> None:
    """A name is one of ours or none."""
    (tmp_path / "secret.json").write_text("{}")
    assert kept_report(tmp_path, name) is None


def test_the_claim_of_a_page_alone_can_be_read(tmp_path: Path) -> None:
    """The page carries it in its head; with the JSON beside it the figures are there too."""
    page = keep(tmp_path, told("day-2010-08-20"), 9)
    assert claim_and_figures(page) == (CLAIM, told("day-2010-08-20"))
    page.with_suffix(".json").unlink()
    assert claim_and_figures(page) == (CLAIM, None)


def test_other_files_are_refused_in_words(tmp_path: Path) -> None:
    """No file, no claim, no JSON."""
    with pytest.raises(ConfigurationError, match="There is no report"):
        claim_and_figures(tmp_path / "none.html")
    for name, text in (("a.html", "<p>hello</p>"), ("b.json", "{}"), ("c.json", "{"), ("d.json", "[]")):
        (tmp_path / name).write_text(text)
        with pytest.raises(BadDataError, match="Nothing was run"):
            claim_and_figures(tmp_path / name)


@pytest.mark.parametrize(
    ("changes", "part", "words"),
    [
        ({"code_sha256": "b" * 64}, "code", "0.1.0 (aaaaaaaaaaaa) then, 0.1.0 (bbbbbbbbbbbb) now"),
        ({"seed": 8}, "seed", "7 then, 8 now"),
        ({"data": {"journal": "j", "bars": "c"}}, "data", "bars of the record"),
        ({"settings": {**CLAIM["settings"], "tbill_percent": 4.0}}, "settings", "tbill_percent: None then, 4.0 now"),
    ],
)
def test_what_changed_is_named(changes: dict[str, Any], part: str, words: str) -> None:
    """Each of the four alone, and only it."""
    found = compared_claims(CLAIM, {**CLAIM, **changes, "figures_sha256": "g"}, {"a": [1, 2]}, {"a": [1, 3]})
    assert {name: list(said) for name, said in found.changed.items() if said} == {part: [words]}
    assert (found.same, found.explained, list(found.differences)) == (False, True, ["a[1]: 2 then, 3 now"])


def test_a_difference_without_a_cause_is_no_excuse() -> None:
    """Same code, data, seed and settings, other figures: that is a fault."""
    assert not compared_claims(CLAIM, {**CLAIM, "figures_sha256": "g"}, None, {}).explained
    assert compared_claims(CLAIM, CLAIM, None, {}).explained


def test_live_parts_are_no_part_of_the_claim() -> None:
    """Milestones are of the moment; any other change is another hash."""
    base = {"figure": 1, "milestones": [1], "targets": [], "claim": {}}
    assert figures_sha256(base) == figures_sha256({**base, "milestones": [2], "claim": {"seed": 9}})
    assert figures_sha256(base) != figures_sha256({**base, "figure": 2})
    assert json.loads(meta_of(CLAIM)["inplay-claim"]) == CLAIM


def test_a_report_of_an_old_day_stays_when_it_is_asked_for(tmp_path: Path) -> None:
    """What was just written isn't the one that goes, however old its day is."""
    for name in ("day-2010-08-19", "day-2010-08-20", "day-2010-04-05"):
        page = keep(tmp_path, told(name), 1)
        assert page.is_file()
    assert {one.name for one in kept(tmp_path)} == {"day-2010-08-20", "day-2010-04-05"}


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "month"}, {"kind": ["day"]}, {"day": "x"}, {"day": None}, {"seed": "7"}, {"seed": -1}, {"seed": True},
        {"data": None}, {"settings": [1]}, {"settings": {}}, {"code_sha256": None},
        {"settings": {"broker_follows": "hybrid", "tbill_percent": "1"}},
    ],
)  # fmt: skip
def test_a_claim_that_is_not_ours_is_refused_in_words(tmp_path: Path, change: dict[str, Any]) -> None:
    """Whatever somebody wrote into it, nothing is run and nothing breaks."""
    path = tmp_path / "other.json"
    path.write_text(json.dumps({"claim": {**CLAIM, **change}}))
    with pytest.raises(BadDataError, match="Nothing was run"):
        claim_and_figures(path)


def test_a_page_that_was_altered_is_known_by_itself(tmp_path: Path) -> None:
    """One digit, one sign at its end, its hash exchanged; the page as written and one of an earlier version aren't."""
    text = keep(tmp_path, told("day-2010-08-20"), 9).read_text()
    assert not was_altered(text)
    assert without_own_hash(text) == line_of("day-2010-08-20")
    assert was_altered(text.replace("day-2010", "day-2011"))
    assert was_altered(text + "\n")
    assert was_altered(
        text.replace('inplay-page" content="', 'inplay-page" content="' + "0" * 64 + '"><meta name="')[:-1]
    )
    assert not was_altered(without_own_hash(text)), "nothing is known of a page without a hash"


def test_figures_that_are_not_those_of_the_claim_are_altered() -> None:
    """A profit that was edited in the JSON is no figure that stayed the same, though the claim is untouched."""
    figures = {"profit": 1}
    claim = {**CLAIM, "figures_sha256": figures_sha256(figures)}
    assert compared_claims(claim, claim, figures, figures).same
    edited = compared_claims(claim, claim, {"profit": 2}, figures)
    assert not edited.same
    assert edited.altered
    assert edited.differences == ["profit: 2 then, 1 now"]
