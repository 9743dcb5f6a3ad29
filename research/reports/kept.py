"""Reports in the data folder: written whole or not at all, the latest of each kind kept."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from adapters.machine.whole_files import PART, write_whole
from research.reports.claims import CLAIM, META, fault_of_claim, with_own_hash
from research.reports.digest_page import digest_page
from research.reports.periods import NAME
from trading.errors import BadDataError, ConfigurationError

FOLDER = "reports"


@dataclass(frozen=True)
class KeptReport:
    """A report in the folder.

    Attributes:
        name: such as `day-2010-08-20`; the page lies beside the JSON, under the same name.
        written_at: of its JSON.
    """

    name: str
    written_at: datetime


def folder_of(home: Path) -> Path:
    """Where the reports of a data folder lie."""
    return home / FOLDER


def keep(home: Path, told: Mapping[str, Any], most: int) -> Path:
    """The report is in the folder as JSON and as a page, and others of its kind beyond the latest `most` are gone.

    Returns:
        The page.
    """
    folder = folder_of(home)
    folder.mkdir(parents=True, exist_ok=True)
    page = folder / f"{told['name']}.html"
    write_whole(page, _of_text(with_own_hash(digest_page(told))))
    write_whole(page.with_suffix(".json"), _of_text(json.dumps(told, allow_nan=False, indent=1) + "\n"))
    kind = f"{told['kind']}-"
    of_kind = sorted((path for path in folder.glob(f"{kind}*.json") if NAME.fullmatch(path.stem)), reverse=True)
    for old in [path for path in of_kind[max(most, 1) :] if path.stem != told["name"]]:
        old.with_suffix(".html").unlink(missing_ok=True)
        old.unlink(missing_ok=True)
    return page


def kept(home: Path) -> list[KeptReport]:
    """The reports of the folder, the latest written first; half of one is none."""
    found = [
        KeptReport(path.stem, datetime.fromtimestamp(path.stat().st_mtime, UTC))
        for path in folder_of(home).glob("*.json")
        if NAME.fullmatch(path.stem)
    ]
    return sorted(found, key=lambda one: (one.written_at, one.name), reverse=True)


def kept_report(home: Path, name: str) -> dict[str, Any] | None:
    """The report of this name; None where there is none."""
    path = folder_of(home) / f"{name}.json"
    if not NAME.fullmatch(name) or not path.is_file():
        return None
    return _read(path)


def claim_and_figures(path: Path) -> tuple[dict[str, Any], dict[str, Any] | None]:
    """The claim of a report's file, and the whole report where the JSON is there.

    Args:
        path: of the JSON, or of the page; the JSON beside the page is used where it is.

    Raises:
        ConfigurationError: when there is no such file.
        BadDataError: when it is no report of ours.
    """
    if not path.is_file():
        raise ConfigurationError(f"There is no report {path}. Nothing was run. `inplay report` makes one.")
    beside = path.with_suffix(".json")
    if beside.is_file():
        told = _read(beside)
        if isinstance(told.get(CLAIM), dict):
            return _sound(told[CLAIM], beside), told
        raise BadDataError(f"{beside} is no report of inplay: it carries no claim. Nothing was run.")
    found = re.search(rf'<meta name="{META}" content="([^"]*)">', _text(path))
    if found is None:
        raise BadDataError(f"{path} is no report of inplay: it carries no claim. Nothing was run.")
    try:
        claim = json.loads(html.unescape(found[1]))
    except (json.JSONDecodeError, RecursionError):
        raise BadDataError(f"The claim in {path} was altered: it is no JSON. Nothing was run.") from None
    return _sound(claim, path), None


def page_of(path: Path) -> str | None:
    """What the page of a report shows; None where the path is of its JSON."""
    return None if path.suffix == ".json" else _text(path)


def _sound(claim: Any, path: Path) -> dict[str, Any]:
    fault = fault_of_claim(claim) if isinstance(claim, dict) else "it is no object"
    if fault:
        raise BadDataError(
            f"The claim in {path} was altered, or is of another version of inplay: {fault}. Nothing was run."
        )
    return claim  # type: ignore[no-any-return]


def _text(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8", errors="replace")
    except OSError as error:
        raise ConfigurationError(f"{path} can't be read: {error.strerror}. Nothing was run.") from None


def _read(path: Path) -> dict[str, Any]:
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigurationError(f"{path} can't be read: {error.strerror}. Nothing was run.") from None
    except (json.JSONDecodeError, UnicodeDecodeError, RecursionError):
        raise BadDataError(f"{path} is no JSON. Nothing was run. Make the report again with `inplay report`.") from None
    if not isinstance(told, dict):
        raise BadDataError(f"{path} is no report of inplay. Nothing was run.")
    return told


def _of_text(text: str) -> Callable[[Path], object]:
    return lambda path: path.write_text(text, encoding="utf-8")


def clear_parts(home: Path) -> Sequence[Path]:
    """Halves that a crash left are gone; returns them."""
    halves = list(folder_of(home).glob(f"*{PART}"))
    for half in halves:
        half.unlink(missing_ok=True)
    return halves
