"""What the present run is doing, in one small file that the dashboard and `inplay status` read."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from trading.errors import UnavailableError

FILE = "run.json"
Phase = Literal[
    "starting", "importing", "warming_up", "training", "replaying", "reporting", "done", "following", "stopped"
]


@dataclass(frozen=True)
class RunState:
    """The state of a run.

    Attributes:
        pid: of the process that owns the data folder.
        phase: what it is at; `done` = the report is out and it serves on, `following` = and waits for new sessions.
        sessions_total: of the replay; None until known.
        url: of the HTTP interface; empty until it answers.
        ray_dashboard: address of Ray's own dashboard.
    """

    pid: int
    phase: Phase
    detail: str = ""
    sessions_total: int | None = None
    url: str = ""
    ray_dashboard: str = ""


def write_state(home: Path, state: RunState) -> None:
    """The state is in the file, whole."""
    part = home / f"{FILE}.part"
    part.write_text(json.dumps(asdict(state)))
    part.replace(home / FILE)


def read_state(home: Path) -> RunState | None:
    """The state of the last run; its process may be gone. None when there was no run.

    Raises:
        UnavailableError: the file is damaged or may not be read.
    """
    try:
        return RunState(**json.loads((home / FILE).read_text()))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError) as error:
        raise UnavailableError(f"{home / FILE} can't be read: {error}. The next run writes it anew.") from error
