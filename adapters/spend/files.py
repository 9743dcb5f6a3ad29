"""The files in which the node provider keeps the starts and stops of machines, `spend-CLUSTER.jsonl`.

The provider writes them without knowing of any database, so that a machine is on record even while there is none.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from adapters.spend.costs import CENTS, E6, MachineEvent
from trading.errors import BadDataError

PATTERN = "spend-*.jsonl"


def read_spend_files(folder: Path) -> list[MachineEvent]:
    """Every start and stop of all clusters' files; none where there is no folder. A line without its end comes later.

    Raises:
        BadDataError: naming the line that can't be read; nothing is taken over then, since costs would be too low.
    """
    found: list[MachineEvent] = []
    for path in sorted(folder.expanduser().glob(PATTERN)):
        whole, _, _ = path.read_text(encoding="utf-8").rpartition("\n")
        cluster = path.name.removeprefix("spend-").removesuffix(".jsonl")
        for number, line in enumerate(whole.splitlines(), 1):
            if line.strip() and (read := _event(cluster, line, f"{path}, line {number}")) is not None:
                found.append(read)
    return found


def _event(cluster: str, line: str, where: str) -> MachineEvent | None:
    """The start or stop; None for a stop that was only begun, whose end follows once it is certain."""
    try:
        read: dict[str, Any] = json.loads(line)
        if read["event"] == "stopping":
            return None
        if read["event"] not in {"started", "stopped"} or read["role"] not in {"head", "worker"}:
            raise ValueError(f"{read['event']} of a {read['role']}")  # noqa: TRY301 - told with the rest below
        return MachineEvent(
            cluster=cluster,
            machine_id=int(read["machine_id"]),
            event=read["event"],
            at=datetime.fromtimestamp(float(read["at_s"]), UTC),
            label=str(read["label"]),
            role=read["role"],
            size=str(read["size"]),
            price_usd_e6_per_h=round(float(read["price_usd_per_h"]) * E6),
            price_cents_per_month=round(float(read["price_usd_per_month"]) * CENTS),
        )
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise BadDataError(
            f"The record of what machines cost can't be read at {where}: {type(error).__name__} {error}. Nothing of it "
            "was taken over, and the machines go on. Correct the line; docs/cluster.md says what stands in it."
        ) from None
