"""The `inplay` command. A command is one row of `COMMANDS`, and its module is imported when it is called."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import version
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from adapters.proxies import spare_local
from cli.output import print_json
from cli.terminal import readable_output
from cluster.errors import ClusterError
from trading.errors import InplayError
from trading.plain_text import shown

ABOUT = "A personal trading platform with professional machine learning."


@dataclass(frozen=True)
class Command:
    """A command, or a group of commands.

    Attributes:
        name: as it is typed.
        module: that holds it.
        member: of the module: a function, or the `Typer` of a group.
        summary: the first sentence of its help; held against the function's docstring by a test.
    """

    name: str
    module: str
    member: str
    summary: str

    def load(self) -> Any:
        """The command, its module imported."""
        found = getattr(import_module(self.module), self.member)
        if isinstance(found, typer.Typer):
            group = typer.main.get_group(found)
            group.name = self.name
            return group
        alone = typer.Typer(add_completion=False)
        alone.command(self.name)(found)
        return typer.main.get_command(alone)


COMMANDS = (
    Command(
        "run", "cli.run.command", "run",
        "Start the platform, replay what is on record, report, and follow the market until Ctrl-C.",
    ),
    Command(
        "train", "cli.train.command", "train",
        "Train an ensemble on what is on record, also beside a run, and put it on record.",
    ),
    Command(
        "backtest", "cli.backtest", "backtest",
        "Trade the sessions as the platform would have, from what was known at each close.",
    ),
    Command(
        "parity", "cli.parity", "parity",
        "Trade a session again from the accounts as they were before it, and explain each difference.",
    ),
    Command(
        "doctor", "cli.doctor.command", "doctor",
        "Say what is installed, reachable and set, what is missing, and what each missing thing disables.",
    ),
    Command(
        "status", "cli.status", "status",
        "Say whether a run is alive, what it is at, and how its services and accounts do.",
    ),
    Command("scan", "cli.scan", "scan", "Say which stocks were in play at an instant, only from what was known then."),
    Command(
        "explain", "cli.explain", "command",
        "Say why a stock was or was not traded at a close: models, rules, regime, risk and action, from the record.",
    ),
    Command("patterns", "cli.patterns.commands", "patterns", "What was measured of the patterns."),
    Command("import", "cli.importing.commands", "app", "Bring archives into the record."),
    Command("news", "cli.news", "app", "How the news on record are read."),
    Command("rehearse", "cli.rehearse.commands", "app", "Try what runs all day, without the world outside."),
    Command("evaluate", "cli.evaluate", "app", "Judge what inplay reads, learns and tries."),
    Command("rules", "cli.rules", "app", "The rule system: what it is worth beside other constants."),
    Command("cluster", "cli.cluster.commands", "app", "The machines in the cloud."),
    Command(
        "report", "cli.report", "report",
        "Write the digest of a day or a week as a page and as JSON, or the tax lots of a year as CSV.",
    ),
    Command("costs", "cli.costs", "app", "What running the platform costs."),
    Command("data", "cli.data.commands", "app", "What is kept, where, and whether it is whole."),
    Command("verify", "cli.verify", "app", "Checks of the strategy itself."),
    Command("models", "cli.models.commands", "app", "The life of models: what they are, are worth and become."),
    Command("notify", "cli.notify", "app", "What the owner is told of, and by which services."),
    Command("approve", "cli.approve", "app", "Orders that wait for the owner's yes before the open."),
    Command("trading", "cli.trading", "app", "Suspend, resume, arm and reconcile trading."),
)  # fmt: skip
_BY_NAME = {command.name: command for command in COMMANDS}


class _WhenCalled(TyperGroup):
    """Lists commands by their rows; imports the one that is called."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        name, found, rest = super().resolve_command(ctx, args)
        return name, _BY_NAME[name].load() if name in _BY_NAME else found, rest


app = typer.Typer(
    name="inplay", help=ABOUT, cls=_WhenCalled, no_args_is_help=True, pretty_exceptions_enable=False,
)  # fmt: skip


def _listed() -> None:
    """Stands for a command in the list; what is called is loaded instead."""


for _command in COMMANDS:
    app.command(_command.name, help=_command.summary)(_listed)


def _tell_version(asked: bool) -> None:
    if asked:
        print(f"inplay {version('inplay')}")
        raise typer.Exit


@app.callback(help=ABOUT)
def _commands(
    *,
    version: Annotated[
        bool, typer.Option("--version", callback=_tell_version, is_eager=True, help="Print the version and end.")
    ] = False,
) -> None: ...


def main() -> None:
    """The exit code is 0 for success, 1 for an error that says what to do, 2 for wrong usage, 130 for Ctrl-C.

    3 is of single commands: an import that refused too much, a status of nothing that runs.
    """
    readable_output()
    spare_local(os.environ)
    try:
        app()
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        sys.exit(130)
    except (InplayError, ClusterError) as error:
        if "--json" in sys.argv:
            print_json({"error": str(error), "kind": type(error).__name__})
        print(f"inplay: {shown(str(error), keep=chr(10))}", file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
