"""`inplay cluster reap`: destroys what nobody needs, and names what is billed all the same."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from cli.output import print_json
from cluster import timer
from cluster.absences import Absences
from cluster.api import DigitalOcean, connect
from cluster.clock import SystemClock
from cluster.errors import ClusterConfigError
from cluster.machines import Machine, list_machines
from cluster.network import remove_foundation
from cluster.off import off_since_s, off_text, off_usd
from cluster.reaper import Condemned, condemn, destroy_cluster, off_heads, sweep_noted
from cluster.stops import StopBooks

NOTES = Path("~/.inplay/heads-missing.json")
"""What the reaper has found missing, for its next run."""


def reap(
    *,
    cluster: Annotated[str, typer.Option(help="Only of this cluster; all of inplay's by default.")] = "",
    everything: Annotated[
        bool, typer.Option("--all", help="All of --cluster, whatever its deadlines: machines, firewall, network, key.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Name them and destroy nothing.")] = False,
    install_timer: Annotated[
        bool, typer.Option("--install-timer", help="Reap every quarter of an hour on this machine from now on.")
    ] = False,
    remove_timer: Annotated[bool, typer.Option("--remove-timer", help="Don't any more.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of words.")] = False,
) -> None:
    """Destroy inplay's machines that nobody needs: past their deadline, without a head, or without a firewall.

    Needs nothing but a token, so it can run anywhere, such as in a laptop's crontab. Machines of others are left alone.
    `--all` does what `ray down` does, without the cluster's file and without its head.
    """
    if install_timer or remove_timer:
        where = timer.install(timer.reap_command()) if install_timer else timer.remove()
        done = {"timer": "installed" if install_timer else "removed", "where": where}
        print_json(done) if as_json else print(f"the reaper's timer is {done['timer']} ({where})")
        return
    if everything and not cluster:
        raise ClusterConfigError("`--all` needs `--cluster NAME`. Nothing was destroyed. Name the cluster.")
    api, clock = connect(), SystemClock()
    waiting: list[Condemned] = []
    book = StopBooks(api.now_s)
    if dry_run:
        condemned = _condemned(api, cluster or None, everything=everything)
    elif everything:
        condemned = destroy_cluster(api, cluster, clock, book=book)
        remove_foundation(api, cluster, clock)
    else:
        swept = sweep_noted(api, clock, Absences(NOTES.expanduser()), cluster or None, book=book)
        condemned, waiting = swept.reaped, swept.waiting
    off = off_heads(list_machines(api), cluster or None)
    if as_json:
        told = {
            "machines": _named(condemned),
            "waiting": _named(waiting),
            "off_heads": [_off(api, each) for each in off],
        }
        print_json({"destroyed": not dry_run, **told})
        return
    for each in condemned:
        print(f"{'would destroy' if dry_run else 'destroyed'} {each.machine.label}: {each.reason}")
    for each in waiting:
        print(
            f"left {each.machine.label}: {each.reason}, and may get one yet; the next reap destroys it, a quarter of "
            f"an hour from now at the earliest, and `--cluster {_cluster_of(each.machine)} --all` does now"
        )
    if not condemned and not waiting:
        print("nothing to reap")
    for head in off:
        print(off_text(head, off_since_s(api, head), api.now_s()))


def _named(condemned: list[Condemned]) -> list[dict[str, Any]]:
    return [{"machine": each.machine.label, "id": each.machine.id, "reason": each.reason} for each in condemned]


def _off(api: DigitalOcean, head: Machine) -> dict[str, Any]:
    since_s = off_since_s(api, head)
    return {
        "machine": head.label, "id": head.id, "usd_per_month": head.price_usd_per_month,
        "off_since": None if since_s is None else datetime.fromtimestamp(since_s, UTC).isoformat(),
        "usd_since": None if since_s is None else round(off_usd(head, since_s, api.now_s()), 2),
    }  # fmt: skip


def _cluster_of(machine: Machine) -> str:
    return machine.name.cluster if machine.name else ""


def _condemned(api: DigitalOcean, cluster: str | None, *, everything: bool) -> list[Condemned]:
    machines = list_machines(api)
    if everything and cluster:
        return [Condemned(each, "the cluster is taken down") for each in machines if each.of(cluster)]
    return condemn(machines, api.now_s(), cluster)
