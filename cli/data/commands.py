"""`inplay data`: what is kept, where, and whether it is whole. One file per command."""

from __future__ import annotations

import typer

from cli.data import quarantine as data_quarantine
from cli.data.archive import archive
from cli.data.backup import backup
from cli.data.migrate import migrate
from cli.data.restore import restore
from cli.data.splits import splits
from cli.data.tiers import tiers
from cli.data.verify import verify

app = typer.Typer(help="What is kept, where, and whether it is whole.", no_args_is_help=True)
app.command()(verify)
app.add_typer(data_quarantine.app, name="quarantine")
app.command()(splits)
app.command()(tiers)
app.command()(archive)
app.command()(backup)
app.command()(restore)
app.command()(migrate)


@app.callback()
def _group() -> None:
    """What is kept, where, and whether it is whole."""
