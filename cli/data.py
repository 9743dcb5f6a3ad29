"""`inplay data`: what is kept, and whether it is whole."""

from __future__ import annotations

import typer

from cli import data_quarantine
from cli.data_verify import verify

app = typer.Typer(help="Look at what is kept, and check it.", no_args_is_help=True)
app.command()(verify)
app.add_typer(data_quarantine.app, name="quarantine")


@app.callback()
def _group() -> None:
    """Look at what is kept, and check it."""
