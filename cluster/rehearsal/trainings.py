"""Trainings on machines that come for them: `inplay train --workers 2`, then a session on a simulated GPU."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

from cluster.rehearsal.droplets import Namespace, Namespaces, first_pid

PROGRAM = "actors.rehearsed_trainings"
MARK = "trained: "
TRAINING_S = 400.0
GONE_S = 120.0
Json = dict[str, Any]
Ask = Callable[[str, float], Json]
Await = Callable[[Callable[[], bool], float, str], None]


def work_of(machine: Namespace) -> set[str]:
    """What Ray's processes of the droplet do now, by the titles that Ray gives them, such as `ray::_trained`."""
    first = first_pid(machine.process)
    try:
        inside = Path(f"/proc/{first}/ns/pid").readlink()
    except OSError:
        return set()
    found = set()
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                title = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
                if title.startswith("ray::") and (entry / "ns/pid").readlink() == inside:
                    found.add(title.split()[0])
            except OSError:
                continue  # it has ended meanwhile
    return {title for title in found if "IDLE" not in title}


def rehearse_trainings(machines: Namespaces, ask: Ask, until: Await, happened: Callable[[str], None]) -> Json:
    """Both were held one after the other. Returns: what they told, who worked, and what is on record.

    Args:
        machines: that come and go.
        ask: runs the program on the head, given a word and a limit in seconds.
        until: waits until something holds, given a limit in seconds and what to say when it doesn't.
        happened: told of every step.
    """
    with ThreadPoolExecutor(1) as beside:
        happened("inplay train --workers 2 begins on the head")
        on_two = _watched(machines, beside.submit(ask, "workers", TRAINING_S), until)
        happened(f"{on_two['told']['ensemble']} is {on_two['told']['role']}, trained on {on_two['told']['device']}")
        until(lambda: not machines.workers(), GONE_S, "The machines of the training didn't go")
        happened("both machines are gone")
        session = _watched(machines, beside.submit(ask, "session", TRAINING_S), until)
        happened(f"the session on a GPU ended: {(session['told']['session'] or {}).get('state')}")
    gone = {"gone": not machines.workers()}
    return {"on_two": {**on_two, "gone": True}, **session.pop("told"), "on_gpu": {**session, **gone}}


def _watched(machines: Namespaces, asked: Future[Json], until: Await) -> Json:
    """The answer, and which droplets beside the head worked meanwhile, at what."""
    seen: dict[str, set[str]] = {}

    def over() -> bool:
        for machine in machines.workers():
            seen.setdefault(machine.name, set()).update(work_of(machine))
        return asked.done()

    until(over, TRAINING_S, "The training didn't end")
    return {"told": asked.result(), "work": {name: sorted(titles) for name, titles in seen.items()}}
