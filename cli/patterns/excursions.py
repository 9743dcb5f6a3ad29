"""`inplay patterns excursions`: how far setups go against and for a trade, in R, and whether other exits do better."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from actors.wiring import now
from adapters.record import reading
from adapters.settings import read_settings
from cli.output import print_json
from cli.reasons import Json
from research.excursions import Told, excursions_told
from research.reports.terms import plain
from trading.accounting.excursions import SetupExcursions
from trading.risk.decision_rules import rules_of

SHOWN = 15


def excursions(
    *,
    most: Annotated[int, typer.Option("--most", min=1, help="Rows of the table; --json has all.")] = SHOWN,
    as_json: Json = False,
) -> None:
    """Show expectancy, MAE and MFE in R by pattern, regime and catalyst, and exits that purged folds agree on."""
    settings = read_settings()
    with reading(settings, now=now()) as record:
        told = excursions_told(record, rules_of(settings.risk).outcome)
    if as_json:
        print_json(plain(told))
    else:
        _say(told, most)


def _say(told: Told, most: int) -> None:
    stop, target = told.rules.stop_atr, told.rules.target_atr
    print(
        f"{told.trades:,} trades of {told.first_session} to {told.last_session} with a stop of {stop:g} and a target "
        f"of {target:g} average true ranges; {told.open:,} sightings are open and count nowhere"
    )
    found = [one for one in told.setups if one.expectancy.found]
    tested = sum(one.expectancy.q_value is not None for one in told.setups)
    print(
        f"{len(found)} of {tested} setups with enough trades have an expectancy that isn't chance (5 % false "
        f"discoveries); {len(told.setups) - tested} have too few trades"
    )
    for one in told.setups[:most]:
        print(f"  {_row(one)}")
    suggested = [one for one in told.suggestions if one.levels is not None]
    print(f"exits: {len(suggested)} of {len(told.suggestions)} patterns have others that every purged fold agrees on")
    for other in suggested[:most]:
        print(f"  {other.label}: {other.words}, {other.gain.mean.value:+.3f} R a trade")


def _row(one: SetupExcursions) -> str:
    mean = one.expectancy.mean
    interval = "" if mean.low is None else f" [{mean.low:+.3f}, {mean.high:+.3f}]"
    heat = "–" if one.heat_of_winners is None else f"{one.heat_of_winners:.2f}"  # noqa: RUF001
    figures: dict[str, Any] = {
        "trades": one.expectancy.count, "MAE": f"{one.mean_mae_r:.2f}", "MFE": f"{one.mean_mfe_r:.2f}", "heat": heat,
    }  # fmt: skip
    told = ", ".join(f"{name} {value}" for name, value in figures.items())
    missing = f"; {one.expectancy.missing}" if one.expectancy.missing else ""
    return f"{' '.join(one.label)}: {mean.value:+.3f} R{interval}, {told}{missing}"
