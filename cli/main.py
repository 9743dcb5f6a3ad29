"""The `inplay` command."""

from __future__ import annotations

import sys

import typer

from cli import evaluate, verify
from cli.backtest import backtest
from cli.cluster import commands as cluster
from cli.cluster.bake import bake
from cli.data import commands as data
from cli.doctor.command import doctor
from cli.explain import command as explain
from cli.importing import commands as imports
from cli.importing.bars import bars
from cli.importing.feed import alpaca, yahoo
from cli.news import app as news
from cli.output import print_json
from cli.parity import parity
from cli.patterns.commands import patterns
from cli.rehearse.commands import app as rehearse
from cli.run.command import run
from cli.scan import scan
from cli.status import status
from cli.trading import app as trading
from cluster.errors import ClusterError
from trading.errors import InplayError

app = typer.Typer(
    name="inplay", help="A personal trading platform with professional machine learning.", no_args_is_help=True,
    add_completion=False, pretty_exceptions_enable=False,
)  # fmt: skip
app.command()(run)
app.command()(backtest)
app.command()(parity)
app.command()(doctor)
app.command()(status)
app.command()(scan)
app.command("explain")(explain)
app.add_typer(patterns, name="patterns")
imports.app.command()(bars)
imports.app.command()(alpaca)
imports.app.command()(yahoo)
app.add_typer(imports.app, name="import")
app.add_typer(news, name="news")
app.add_typer(rehearse, name="rehearse")
app.add_typer(evaluate.app, name="evaluate")
cluster.app.command()(bake)
app.add_typer(cluster.app, name="cluster")
app.add_typer(data.app, name="data")
app.add_typer(verify.app, name="verify")
app.add_typer(trading, name="trading")


@app.callback()
def _commands() -> None:
    """A personal trading platform with professional machine learning."""


def main() -> None:
    """The exit code is 0 for success, 1 for an error that says what to do, 2 for wrong usage, 130 for Ctrl-C."""
    try:
        app()
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        sys.exit(130)
    except (InplayError, ClusterError) as error:
        if "--json" in sys.argv:
            print_json({"error": str(error), "kind": type(error).__name__})
        print(f"inplay: {error}", file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
