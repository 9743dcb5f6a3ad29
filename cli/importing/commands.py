"""`inplay import`: archives into the record. One file per command, but for the two feeds."""

from __future__ import annotations

import typer

from cli.importing.bars import bars
from cli.importing.feed import alpaca, yahoo
from cli.importing.news import news
from cli.importing.vix import vix

app = typer.Typer(help="Bring archives into the record.", no_args_is_help=True)
for command in (news, vix, bars, alpaca, yahoo):
    app.command()(command)


@app.callback()
def _group() -> None:
    """Bring archives into the record."""
