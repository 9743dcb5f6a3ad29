"""The tree of `inplay`: every command is listed as its own help says, and nothing heavy is loaded to list them."""

from __future__ import annotations

import inspect
import json
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest
import typer

from cli.main import COMMANDS, Command

ROOT = Path(__file__).parents[3]
HEAVY = ("numpy", "pandas", "pyarrow", "ray", "psycopg", "pydantic", "fastapi", "sklearn", "xgboost", "talib")


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_a_command_is_listed_with_the_first_sentence_of_its_help(command: Command) -> None:
    """The row's summary is the function's docstring, or the help of the group."""
    found = getattr(import_module(command.module), command.member)
    told = found.info.help if isinstance(found, typer.Typer) else inspect.getdoc(found)
    assert str(told).split("\n\n", maxsplit=1)[0].replace("\n", " ") == command.summary
    assert command.load().name == command.name


def test_help_loads_nothing_heavy() -> None:
    """`inplay --help` lists every command, in the order of the table, without one of their modules."""
    code = (
        "import json, sys\nfrom cli.main import main\nsys.argv = ['inplay', '--help']\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "print(json.dumps(sorted(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True, timeout=60
    )
    *shown, modules = done.stdout.splitlines()
    loaded = set(json.loads(modules))
    assert loaded & {*HEAVY, *(command.module for command in COMMANDS)} == set()
    listed = [line.split()[1] for line in shown if line.startswith("│ ") and not line.startswith("│ -")]
    assert [name for name in listed if name in {command.name for command in COMMANDS}] == [
        command.name for command in COMMANDS
    ]


def test_a_misspelt_command_is_answered_with_its_like() -> None:
    """Also where no command was loaded."""
    done = subprocess.run(
        [sys.executable, "-m", "cli.main", "statsu"], capture_output=True, text=True, cwd=ROOT, check=False, timeout=60
    )
    assert done.returncode == 2
    assert "Did you mean 'status'" in done.stderr
