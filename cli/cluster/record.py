"""What the data folder's record says of machines and training sessions, for `inplay cluster cost`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from actors.wiring import now
from adapters.record import reading
from adapters.settings import read_settings
from cli.cluster.busy import busy_words
from serve.resources.costs import costs_answer
from trading.errors import UnavailableError


def recorded_costs() -> dict[str, Any]:
    """`record` as `/v1/costs` answers it; null, with `record_missing` in words, where none can be read."""
    settings, at = read_settings(), now()
    if settings.database_url is None and not (settings.home / "postgres").is_dir():
        return {"record": None, "record_missing": f"{settings.home} holds no record"}
    try:
        with reading(settings, now=at) as opened:
            return {"record": costs_answer(opened.pool, settings.gpu_budget_usd_per_month, at).model_dump(mode="json")}
    except UnavailableError as error:
        return {"record": None, "record_missing": str(error)}


def record_lines(answer: Mapping[str, Any]) -> list[str]:
    """The record in words."""
    record = answer["record"]
    if record is None:
        return [f"on record: {answer['record_missing']}"]
    lines = [_sums(record)]
    lines += [f"{plan['kind']} training: {plan['reason']}" for plan in record["plans"]]
    for each in record["sessions"]:
        paid = "" if each["cost_usd"] is None else f" ${each['cost_usd']:.2f}"
        said = f"{each['state']}{paid}{busy_words(each)} {each['detail']}"
        lines.append(f"{each['kind']} session {each['opened_at']}: {said}".rstrip())
    return lines


def _sums(record: Mapping[str, Any]) -> str:
    if record["month_to_date_usd"] is None:
        return "on record: no machine yet"
    month = f"this month ${record['month_to_date_usd']:.2f}, by its end ${record['month_forecast_usd']:.2f}"
    gpus = f"GPUs {record['gpu_hours']:.1f} h, ${record['gpu_usd']:.2f}"
    return f"on record, all clusters: today ${record['today_usd']:.2f}, {month}; {gpus}"
