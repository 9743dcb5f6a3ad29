"""What is typed most often starts without the libraries that take seconds; counted by modules, since times vary."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
HEAVY = frozenset({
    "ray", "pandas", "numpy", "pyarrow", "scipy", "sklearn", "xgboost", "modin", "optuna", "fastapi", "matplotlib",
    "talib", "psycopg", "httpx", "feedparser", "apprise",
})  # fmt: skip
CODE = """
import json, sys
from cli.main import main
sys.argv = ["inplay", *sys.argv[1:]]
try:
    main()
finally:
    print(json.dumps(sorted(sys.modules)))
"""


def _run(words: list[str], home: Path, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", CODE, *words], env={**os.environ, "INPLAY_HOME": str(home), **environ}, cwd=ROOT,
        capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip


def _modules(done: subprocess.CompletedProcess[str]) -> set[str]:
    return set(json.loads(done.stdout.splitlines()[-1]))


@pytest.mark.parametrize("words", [["--help"], ["--version"], ["status"], ["status", "--json"], ["status", "--help"]])
def test_a_light_command_loads_nothing_heavy(words: list[str], tmp_path: Path) -> None:
    """`status` of an empty folder says that nothing ran."""
    done = _run(words, tmp_path)
    assert done.returncode == (3 if words[0] == "status" and "--help" not in words else 0), done.stderr
    assert _modules(done) & HEAVY == set()


def test_what_status_asks_a_run_for_needs_nothing_heavy() -> None:
    """The classes of the answers stand apart from what makes them; settings, too."""
    code = "import json, sys, serve.status, adapters.settings; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True, timeout=120
    )
    assert _modules(done) & HEAVY == set()


@pytest.mark.parametrize(
    ("typed", "expected"),
    [("inplay sta", {"status"}), ("inplay tr", {"train", "trading"}), ("inplay --ver", {"--version"})],
)
def test_completion_knows_the_commands_and_loads_nothing_heavy(typed: str, expected: set[str], tmp_path: Path) -> None:
    """As bash asks for it."""
    place = str(len(typed.split()) - 1)
    done = _run([], tmp_path, _INPLAY_COMPLETE="complete_bash", COMP_WORDS=typed, COMP_CWORD=place)
    *offered, _ = done.stdout.splitlines()
    assert set(offered) == expected, done.stderr
    assert _modules(done) & HEAVY == set()


def test_completion_goes_into_a_group(tmp_path: Path) -> None:
    """The commands of a group that is loaded for it."""
    done = _run([], tmp_path, _INPLAY_COMPLETE="complete_bash", COMP_WORDS="inplay notify ", COMP_CWORD="2")
    assert "test" in done.stdout.splitlines(), done.stderr


def test_completion_is_installed(tmp_path: Path) -> None:
    """For bash, in the home folder; without Typer's search for the shell that called it, which a test has none of."""
    done = _run(
        ["--install-completion", "bash"], tmp_path, HOME=str(tmp_path), _TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION="1"
    )
    assert done.returncode == 0, done.stderr
    script = (tmp_path / ".bash_completions" / "inplay.sh").read_text()
    assert "_INPLAY_COMPLETE=complete_bash" in script
    assert "inplay.sh" in (tmp_path / ".bashrc").read_text()
