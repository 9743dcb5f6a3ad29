"""What the documents name exists: commands, flags, make targets, settings, addresses, files."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from adapters.settings import PREFIX, WITHOUT_PREFIX, Settings
from benchmarks.__main__ import NAMES
from cli.main import COMMANDS, app
from serve.api import create_app
from tests.fakes.answering import FakePlatform
from tests.fakes.client import TOKEN
from trading import errors
from trading.risk.decision_rules import DecisionRules, limits_of
from trading.risk.limits import LIMITS

ROOT = Path(__file__).parents[3]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
CODE = re.compile(r"^```\w*\n(.*?)^```|`([^`\n]+)`", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)#]+)\)")
COMMAND = re.compile(r"(?:^|/|\s)inplay((?:\s+[a-z-][\w.=-]*)*)")
ASKED = re.compile(r"/v1/([a-z]+(?:/[a-z]+)*)")
VARIABLE = re.compile(r"INPLAY_[A-Z0-9_]+[A-Z0-9]")
OF_THE_SHELL = {"INPLAY_TOKEN"}
"""Variables that an example sets for itself."""
OF_A_TEST = {
    "INPLAY_SHARED",
    "INPLAY_SCREENSHOT_DIR",
    "INPLAY_CHAOS_ROUNDS",
    "INPLAY_CONFIG",
    "INPLAY_TIER_KILLS",
    "INPLAY_IMPORT_KILLS",
    "INPLAY_DISTURBANCES",
}


ALONE = ""
"""Stands for `inplay` with options of its own and no command."""


def code_lines() -> Iterator[tuple[str, str]]:
    """(document, line) of everything that a document marks as code, comments left out."""
    for document in DOCUMENTS:
        for block, inline in CODE.findall(document.read_text(encoding="utf-8")):
            for line in (block or inline).splitlines():
                yield document.name, line.split(" #")[0].strip()


def commands() -> list[tuple[str, list[str]]]:
    """(document, words after `inplay`) of every command line that the documents name."""
    found = []
    for name, line in code_lines():
        match = COMMAND.search(line)
        if match and not line.startswith(("{", "<")) and match[1].strip():
            found.append((name, shlex.split(match[1])))
    return found


@cache
def _typed(group: Any = None, before: str = "") -> dict[str, Any]:
    """Every command of the command line by its words; typer says no common type of what it makes."""
    found: dict[str, Any] = {}
    for name, command in (group.commands if group else {row.name: row.load() for row in COMMANDS}).items():
        inner = hasattr(command, "commands")
        found |= _typed(command, f"{before}{name} ") if inner else {f"{before}{name}": command}
    return found


def _named(words: list[str], known: dict[str, Any]) -> str:
    """The command that the words begin with: one word, or groups and their command."""
    starts = [" ".join(words[:count]) for count in (1, 2, 3)]
    return next((start for start in starts if start in known), starts[1])


@pytest.mark.parametrize(("document", "words"), commands(), ids=str)
def test_every_command_and_flag_exists(document: str, words: list[str]) -> None:
    """A reader who types what the document says is understood."""
    known_commands = {**_typed(), ALONE: get_command(app)}
    name = ALONE if words[0].startswith("-") else _named(words, known_commands)
    assert name in known_commands, f"{document}: inplay {name}"
    known = {flag for one in known_commands[name].params for flag in (*one.opts, *one.secondary_opts)}
    assert {word for word in words if word.startswith("-")} <= known, document


def test_the_commands_are_found_and_every_one_is_documented() -> None:
    """The pattern that looks for commands finds them, and no command is left out of the documents."""
    known_commands = _typed()
    named = {_named(words, known_commands) for _, words in commands() if not words[0].startswith("-")}
    assert named == set(known_commands)


def test_every_make_target_exists() -> None:
    """`make something` in a document is a target of the Makefile."""
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    named = {m[1] for _, line in code_lines() if (m := re.match(r"make ([a-z]+)", line))}
    assert {"run", "test"} <= named <= targets


def test_every_benchmark_exists() -> None:
    """`python -m benchmarks name` in a document is a benchmark."""
    named = {m[1] for _, line in code_lines() if (m := re.search(r"-m benchmarks ([a-z_]+)", line))}
    assert named <= set(NAMES)


def test_every_setting_exists_and_is_in_a_table() -> None:
    """A variable that a document names is read by the program; each setting is in the README's table or the other."""
    settings = {PREFIX + name.upper() for name in Settings.model_fields if name not in WITHOUT_PREFIX}
    limits = {f"{PREFIX}RISK_{name.upper()}" for name in LIMITS}
    named = {name for document in DOCUMENTS for name in VARIABLE.findall(document.read_text(encoding="utf-8"))}
    assert named - OF_THE_SHELL - OF_A_TEST <= settings | limits
    tables = [ROOT / "README.md", ROOT / "docs" / "operating.md"]
    assert settings <= {name for one in tables for name in VARIABLE.findall(one.read_text(encoding="utf-8"))}


def test_every_limit_of_risk_is_in_the_table_with_its_default() -> None:
    """Each name of a limit has a row in the chapter on risk, with the value that it has unless it is set."""
    chapter = (ROOT / "docs" / "trading.md").read_text(encoding="utf-8").split("\n## Risk\n")[1].split("\n## ")[0]
    rows = dict(re.findall(r"^\| `([a-z_]+)` \| ([\d.]+)", chapter, re.MULTILINE))
    assert {name: float(value) for name, value in rows.items()} == limits_of(DecisionRules())


def test_every_address_exists_and_is_in_the_reference() -> None:
    """A path under /v1 that a document names is a route; each route is in http-api.md."""
    paths = (path.removeprefix("/v1/") for path in create_app(FakePlatform(), TOKEN).openapi()["paths"])
    routes = {re.sub(r"/\{\w+\}", "", path) for path in paths} - {"/healthz"}
    named = {path for document in DOCUMENTS for path in _addresses(document)}
    assert named <= routes
    assert routes <= set(_addresses(ROOT / "docs" / "http-api.md"))


def _addresses(document: Path) -> list[str]:
    """What a document names under /v1, without the parts that stand for an id."""
    return ASKED.findall(re.sub(r"/\{\w+\}", "", document.read_text(encoding="utf-8")))


def test_every_error_is_explained() -> None:
    """operating.md says what each kind of error means."""
    kinds = {name for name, value in vars(errors).items() if isinstance(value, type)} - {"InplayError"}
    text = (ROOT / "docs" / "operating.md").read_text(encoding="utf-8")
    assert {kind for kind in kinds if f"`{kind}`" not in text} == set()


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: document.name)
def test_every_link_leads_somewhere(document: Path) -> None:
    """A link to a file of ours names one that is there."""
    links = [link for link in LINK.findall(document.read_text(encoding="utf-8")) if "://" not in link]
    assert [link for link in links if not (document.parent / link).exists()] == []


def test_the_picture_is_small() -> None:
    """The screenshot loads fast: a PNG below 300 kB."""
    picture = (ROOT / "docs" / "dashboard.png").read_bytes()
    assert picture.startswith(b"\x89PNG")
    assert len(picture) < 300_000
