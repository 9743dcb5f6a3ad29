"""`inplay notify`: what the owner was told of, and a test of every target."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from actors.wiring import now
from adapters.alerts.targets import targets_of
from adapters.postgres.alerts import AlertStore, Raised
from adapters.record import reading
from adapters.settings import read_settings
from cli.output import print_json
from trading.alerts.alert import Alert
from trading.alerts.policy import Message
from trading.errors import ConfigurationError, UnavailableError
from trading.plain_text import shown

app = typer.Typer(help="What the owner is told of, and by which services.", no_args_is_help=True)
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of words.")]


@app.callback()
def _commands() -> None:
    """What the owner is told of, and by which services."""


@app.command(name="test")
def send_test(*, as_json: Json = False) -> None:
    """Send one message to every service of INPLAY_NOTIFY_URLS and to the dead-man's switch, now."""
    settings = read_settings()
    targets = targets_of(settings.notify_urls, settings.dead_man_url)
    if not targets:
        raise ConfigurationError(
            "There is nobody to tell. Nothing was sent. Set INPLAY_NOTIFY_URLS to one or more Apprise URLs, or "
            "INPLAY_DEAD_MAN_URL."
        )
    at = now()
    alert = Alert(
        alert_id=f"test:{at.isoformat()}", kind="test", severity="info", title="A test",
        body="Messages of inplay arrive here.", at=at,
    )  # fmt: skip
    results = {}
    for target in targets:
        try:
            target.send(Message(alert.title, alert.body, alert.severity, (alert,)))
            results[target.name] = ""
        except UnavailableError as error:
            results[target.name] = str(error)
    if as_json:
        print_json({"targets": results})
    else:
        for name, trouble in results.items():
            print(f"{name}: {trouble or 'took the message'}")
    if any(results.values()):
        raise typer.Exit(1)


@app.command(name="list")
def list_alerts(
    *,
    most: Annotated[int, typer.Option("--most", min=1, max=10_000, help="So many, the latest first.")] = 20,
    as_json: Json = False,
) -> None:
    """List the latest alerts with what became of them."""
    with reading(read_settings(), now=now()) as record:
        store = AlertStore(record.pool)
        found, waiting = store.latest(most), store.waiting()
    if as_json:
        print_json({"alerts": [asdict(one) for one in found], "waiting": waiting})
        return
    for one in found:
        print(_line(one))
    if not found:
        print("nothing yet: a run that is alive tells of what happens from its first start on")
    for target, count in sorted(waiting.items()):
        print(f"{count:,} waiting for {target}")


def _line(one: Raised) -> str:
    told = ", ".join(
        f"{each.target}: {each.outcome}" + (f" ({each.trouble})" if each.trouble else "") for each in one.deliveries
    )
    alert = one.alert
    where = told or "on record only"
    return shown(f"{alert.at:%Y-%m-%d %H:%M} UTC  {alert.severity:<8}  {alert.kind:<10}  {alert.title}  [{where}]")
