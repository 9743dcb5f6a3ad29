"""`inplay data`: what is kept, where, and how it is kept safe. One file per command."""

from __future__ import annotations

import typer

from cli.data_archive import archive
from cli.data_backup import backup
from cli.data_restore import restore
from cli.data_tiers import tiers

app = typer.Typer(help="What is kept, where, and how it is kept safe.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """What is kept, where, and how it is kept safe."""


app.command()(tiers)
app.command()(archive)
app.command()(backup)
app.command()(restore)
