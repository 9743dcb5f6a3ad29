"""`inplay cluster`: what the machines of the cloud would be, cost and have left behind."""

from __future__ import annotations

import os
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from cli.cluster.bake import bake
from cli.cluster.reap import reap
from cli.cluster.record import record_lines, recorded_costs
from cli.cluster.standby import standby
from cli.cluster.volume import volume
from cli.output import print_json
from cluster import preflight as checks
from cluster.api import DigitalOcean, connect
from cluster.bootstrap_config import check_types
from cluster.catalogue import Catalogue
from cluster.clock import SystemClock
from cluster.cost import HOUR_S, PHASES, Running, forecast
from cluster.errors import ClusterConfigError
from cluster.machines import list_machines
from cluster.rehearsal.isolation import check_this_machine, run_apart
from cluster.spec import read_spec
from cluster.spend_ledger import SpendLedger, ledger_path, month_of

app = typer.Typer(help="The machines in the cloud.", no_args_is_help=True)
File = Annotated[Path, typer.Argument(help="The cluster's file.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of words.")]
SHIPPED = Path("ray-cluster.yaml")


app.command()(volume)


@app.callback()
def _group() -> None:
    """The machines in the cloud."""


@app.command()
def preflight(file: File = SHIPPED, *, as_json: Json = False) -> None:
    """Say whether `ray up` will work, what it would make and what that costs. Makes nothing.

    Without a token only the file is judged. The exit code is 1 when something is wrong.
    """
    config = checks.read_file(file)
    found = checks.check_offline(config)
    api, why_not = _api()
    if api is None:
        found.append(checks.Check("DigitalOcean", "skipped", why_not))
    else:
        found += checks.check_live(api, config)
    good = all(check.result != "wrong" for check in found)
    if as_json:
        print_json({"ready": good and api is not None, "checks": [asdict(check) for check in found]})
    else:
        for check in found:
            print(f"{check.result:8} {check.check}: {check.detail}")
        print(_verdict(good=good, asked=api is not None))
    if not good:
        raise typer.Exit(1)


@app.command()
def cost(
    file: File = SHIPPED,
    *,
    gpu_type: Annotated[str, typer.Option(help="The worker type of the forecast.")] = "ray.worker.gpu",
    as_json: Json = False,
) -> None:
    """What the cluster costs now, this month and in each phase of the strategy, at prices read live.

    Without a token: the month's finished machines from the record, and the strategy's budgets. What the data folder's
    record holds is shown as well: all clusters, hours of GPUs, the latest training sessions.
    """
    config = checks.read_file(file)
    api, why_not = _api()
    answer: dict[str, Any] = _spent(config, api)
    answer["live"] = api is not None
    answer["phases"] = _phases(config, api, gpu_type)
    if api is None:
        answer["missing"] = why_not
    answer |= recorded_costs()
    if as_json:
        print_json(answer)
        return
    for line in _cost_lines(answer):
        print(line)


app.command("reap")(reap)


@app.command()
def rehearse(
    *,
    config: Annotated[Path, typer.Option(help="The cluster's file.")] = SHIPPED,
    specification: Annotated[
        Path | None, typer.Option(help="DigitalOcean's OpenAPI document, to judge by; else that under INPLAY_SHARED.")
    ] = None,
    stops: Annotated[
        bool, typer.Option("--stops", help="Try `ray exec --stop` and the options of `ray down`, and nothing else.")
    ] = False,
    trainings: Annotated[
        bool, typer.Option("--trainings", help="Train on two machines and on a simulated GPU, and nothing else.")
    ] = False,
    keep: Annotated[Path | None, typer.Option(help="A folder for what Ray wrote, and the file as rehearsed.")] = None,
    as_json: Json = False,
) -> None:
    """Run the cluster's file through the real `ray up`, SSH and Ray on this machine; no machine is rented.

    DigitalOcean is simulated, and its droplets are Linux namespaces. Needs root, and no network. The exit code is 1
    when anything isn't as it must be.
    """
    if not config.is_file():
        raise ClusterConfigError(f"{config} isn't there. Nothing was started. Name the cluster's file with --config.")
    check_this_machine()
    arguments = ["--config", str(config.resolve())]
    judge = specification or _shared_specification()
    if judge is not None:
        arguments += ["--specification", str(judge.resolve())]
    if keep is not None:
        keep.mkdir(parents=True, exist_ok=True)
        arguments += ["--keep", str(keep.resolve())]
    try:
        flags = {"--stops": stops, "--trainings": trainings, "--json": as_json}
        code = run_apart([*arguments, *(name for name, asked in flags.items() if asked)])
    except KeyboardInterrupt:
        print(
            "The rehearsal was stopped. Its machines, interfaces and files are gone; nothing was rented.",
            file=sys.stderr,
        )
        raise
    if code:
        raise typer.Exit(code)


def _shared_specification() -> Path | None:
    """DigitalOcean's document where tests look for it, if it is there."""
    found = Path(os.environ.get("INPLAY_SHARED", "../shared")) / "digitalocean/openapi.yaml"
    return found if found.is_file() else None


def _api() -> tuple[DigitalOcean | None, str]:
    """A client, or why there is none."""
    try:
        return connect(os.environ), ""
    except ClusterConfigError as error:
        return None, str(error)


def _verdict(*, good: bool, asked: bool) -> str:
    if not good:
        return "Not ready: see what is marked as wrong. Nothing was created."
    if not asked:
        return "The file is right. DigitalOcean wasn't asked; set DIGITALOCEAN_TOKEN for the rest."
    return "Ready for `ray up`. Nothing was created."


def _spent(config: dict[str, Any], api: DigitalOcean | None) -> dict[str, Any]:
    """Now and this month; what runs from the list, what is gone from the ledger on this machine."""
    spec = read_spec(config["provider"], config["cluster_name"])
    machines = [] if api is None else [each for each in list_machines(api) if each.of(spec.name)]
    now_s = SystemClock().now_s() if api is None else api.now_s()
    start_s, end_s = month_of(now_s)
    ledger = SpendLedger(ledger_path(spec.ledger_folder, spec.name))
    gone_usd = ledger.gone_usd(start_s, now_s, {each.id for each in machines})
    known = {"cluster": spec.name, "finished_this_month_usd": gone_usd, "record_lacks": ledger.missing()}
    if api is None:
        return known
    running = [
        Running(
            each.label,
            each.name.role if each.name else "worker",
            each.price_usd_per_h,
            each.price_usd_per_month,
            each.created_at_s,
            float("inf") if each.deadline_s is None or each.unfinished or each.deadline_s < now_s else each.deadline_s,
        )
        for each in machines
    ]
    so_far_usd = gone_usd + sum(each.cost_usd(start_s, now_s) for each in running)
    return known | {
        "machines": [
            {"name": each.label, "usd_per_h": each.price_usd_per_h, "hours": (now_s - each.from_s) / HOUR_S}
            for each in running
        ],
        "now_usd_per_h": sum(each.price_usd_per_h for each in running),
        "month_to_date_usd": so_far_usd,
        "month_forecast_usd": so_far_usd + sum(each.cost_usd(now_s, end_s) for each in running),
    }


def _phases(config: dict[str, Any], api: DigitalOcean | None, gpu_type: str) -> list[dict[str, Any]]:
    budgets = {phase.number: {"phase": phase.number, "name": phase.name} for phase in PHASES}
    for phase in PHASES:
        budgets[phase.number]["budget_usd_per_month"] = phase.budget_usd_per_month
    if api is not None:
        sizes = check_types(config, Catalogue(api.list_all("sizes", "sizes")))
        if gpu_type not in sizes:
            raise ClusterConfigError(f"The file has no type {gpu_type}; it has {', '.join(sizes)}. Name one of them.")
        head_usd = sizes[config["head_node_type"]].price_usd_per_month
        for each in forecast(head_usd, sizes[gpu_type].price_usd_per_h):
            budgets[each.phase.number] |= {
                "gpu_sessions_per_month": each.phase.gpu_sessions_per_month,
                "machines_usd_per_month": each.machines_usd,
                "always_on_usd_per_month": each.always_on_usd,
            }
    return list(budgets.values())


def _cost_lines(answer: dict[str, Any]) -> list[str]:
    lines = [f"cluster {answer['cluster']}"]
    if answer["live"]:
        lines += [
            f"  {each['name']}: ${each['usd_per_h']:.3f}/h for {each['hours']:.1f} h" for each in answer["machines"]
        ]
        lines.append(f"now ${answer['now_usd_per_h']:.3f} an hour")
        lines.append(f"this month ${answer['month_to_date_usd']:.2f}, by its end ${answer['month_forecast_usd']:.2f}")
    else:
        lines.append(f"machines that are gone cost ${answer['finished_this_month_usd']:.2f} this month")
        lines.append(f"what runs now is unknown: {answer['missing']}")
    if answer["record_lacks"]:
        lines.append(f"these sums are too low: {answer['record_lacks']}")
    for phase in answer["phases"]:
        line = f"phase {phase['phase']} ({phase['name']}): budget ${phase['budget_usd_per_month']:.0f} a month"
        if "machines_usd_per_month" in phase:
            line += f"; machines ${phase['machines_usd_per_month']:.2f}"
            line += f", with the GPU always on ${phase['always_on_usd_per_month']:,.2f}"
        lines.append(line)
    return lines + record_lines(answer)


app.command()(bake)
app.command()(standby)
