"""`python -m cluster.rehearsal`: the rehearsal itself, inside the namespaces that `isolation.run_apart` made."""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from pathlib import Path

from cluster.rehearsal.commands import RehearsalError
from cluster.rehearsal.isolation import CODE, die_with_the_starter, settle_in
from cluster.rehearsal.report import Report
from cluster.rehearsal.steps import Rehearsal


def main() -> None:
    """The report is printed; the exit code is 1 when anything in it is wrong."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--lifeline", type=int, required=True)
    arguments.add_argument("--config", type=Path, required=True)
    arguments.add_argument("--specification", type=Path)
    arguments.add_argument("--keep", type=Path, help="a folder for what Ray wrote")
    arguments.add_argument("--stops", action="store_true", help="the ways of stopping, and nothing else")
    arguments.add_argument("--trainings", action="store_true", help="trainings on rented machines, and nothing else")
    arguments.add_argument("--json", action="store_true")
    asked = arguments.parse_args()
    die_with_the_starter(asked.lifeline)
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    kept = [Path(sys.prefix), Path(sys.base_prefix), CODE, asked.config.parent]
    kept += [path.parent for path in (asked.specification,) if path] + ([asked.keep] if asked.keep else [])
    try:
        folder = settle_in(kept)
        rehearsal = Rehearsal(folder, asked.config, asked.specification, _say, stops=asked.stops, train=asked.trainings)
        report = rehearsal.run()
    except RehearsalError as error:
        report = Report(failed=str(error))
    else:
        if asked.keep:
            _keep(rehearsal, asked.keep)
    if asked.json:
        print(json.dumps(report.as_json()))  # noqa: T201  that is what it is for
    else:
        _tell(report)
    sys.exit(1 if report.wrong() else 0)


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)  # noqa: T201


def _keep(rehearsal: Rehearsal, folder: Path) -> None:
    """Ray's own words and the rehearsed file are in `folder`."""
    shutil.copytree(rehearsal.laptop.logs, folder, dirs_exist_ok=True)
    shutil.copy2(rehearsal.laptop.config, folder)
    shutil.copytree(rehearsal.machines.consoles, folder, dirs_exist_ok=True)


def _tell(report: Report) -> None:
    told = report.as_json()
    told.pop("timeline")
    for name, value in told.items():
        shown = value if not isinstance(value, list) else "".join(f"\n  {each}" for each in value)
        print(f"{name}: {shown}")  # noqa: T201


if __name__ == "__main__":
    main()
