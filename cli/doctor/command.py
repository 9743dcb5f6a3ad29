"""`inplay doctor`: what is installed, reachable and set, what is missing, and what each missing thing disables."""

from __future__ import annotations

import os
from dataclasses import asdict
from typing import Annotated

import typer
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from actors.wiring import now
from adapters.settings import config_path, read_settings
from cli.doctor.finding import Finding
from cli.doctor.machine import diagnose
from cli.output import print_json

STYLES = {"ok": "green", "missing": "yellow", "broken": "red"}


def doctor(
    *, as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of a table.")] = False
) -> None:
    """Say what is installed, reachable and set, what is missing, and what each missing thing disables.

    The exit code is 1 when something is wrong that `inplay run --sample` needs.
    """
    settings = read_settings()
    findings = diagnose(settings, os.environ, now())
    ready = all(finding.result == "ok" for finding in findings if finding.needed)
    if as_json:
        print_json({"ready": ready, "home": str(settings.home), "checks": [asdict(finding) for finding in findings]})
    else:
        console = Console()
        console.print(_table(findings))
        path = config_path()
        console.print(f"settings file: {path}" + ("" if path.exists() else " (absent, which is fine)"), soft_wrap=True)
        console.print("Ready for `inplay run --sample`." if ready else "Not ready: see what is marked as needed.")
    if not ready:
        raise typer.Exit(1)


def _table(findings: list[Finding]) -> Table:
    table = Table(show_lines=False, pad_edge=False, box=box.SIMPLE_HEAD)
    for heading in ("check", "result", "detail"):
        table.add_column(heading, overflow="fold")
    for finding in findings:
        # Text, because what stands in brackets must not be taken for markup
        result = Text(finding.result, style=STYLES[finding.result])
        table.add_row(Text(finding.check), result, Text(_words(finding)))
    return table


def _words(finding: Finding) -> str:
    if finding.result == "ok":
        return finding.detail
    weight = "needed by the sample run" if finding.needed else "optional"
    return f"{finding.detail}\n{weight}; without it: {finding.disables}\nto do: {finding.fix}"
