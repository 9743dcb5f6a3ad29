"""A standby: a folder that holds the latest backup, ready to be run when the first machine is gone.

It is complete in itself: all tiers lie in it and the record is an embedded one, whatever the first machine uses. A
standby that holds an earlier backup is replaced by the latest one, once that was compared; a folder that was ever run
is no standby any more and is never replaced.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Final

from adapters.bars.locations import TierLocations
from adapters.machine.lock import RunLock
from adapters.machine.run_state import read_state
from data.backup.making import Progress
from data.backup.restoring import Restore, require_empty
from data.backup.vault import Vault
from data.storage_rules import StorageRules
from trading.errors import BadDataError, ConfigurationError

MARKER: Final = "standby.json"
"""In a standby: the name of the backup that it holds."""
NEXT: Final = ".next"
"""Ending of the folder that a newer backup is brought to."""


@dataclass(frozen=True)
class Standby:
    """What a standby holds.

    Attributes:
        name: of the backup.
        renewed: whether it was brought now; else it was there already.
        age_h: hours since the backup was made: what a switch to the standby would lose.
    """

    home: str
    name: str
    made_at: datetime
    age_h: float
    renewed: bool
    journal_hash: str


def stand_by(
    home: Path, source: str, rules: StorageRules, clock: Callable[[], datetime], tell: Progress
) -> Standby:  # fmt: skip
    """The folder holds the latest backup of the source.

    Args:
        home: of the standby: absent, empty but for settings, or an earlier standby that was never run.
        source: the backup target.
        rules: for the key; places of tiers are those of the folder.
        clock: now.
        tell: told how far it is.

    Raises:
        ConfigurationError: the folder is no standby, or was run; nothing was changed.
        AlreadyRunningError: a run owns the folder.
        BadDataError: there is no backup, or it is damaged: the standby is as it was, and the text says what to do.
        UnavailableError: the source doesn't answer, or the disk is full; likewise.
    """
    rules = replace(rules, locations=TierLocations(s3=rules.locations.s3))
    names = Vault(source, rules.locations.s3, rules.backup.key).names()
    if not names:
        raise BadDataError(
            f"{source} has no backup under this key (INPLAY_BACKUP_KEY, or none). {home} is as it was. Make one on the "
            "first machine with `inplay data backup`."
        )
    name = max(names)
    held = _held(home)
    if held is None:
        require_empty(home)
    if held != name:
        _bring(home, source, rules, name=name, clock=clock, tell=tell)
    catalogue = Vault(source, rules.locations.s3, rules.backup.key).catalogue(name)
    age_h = (clock() - catalogue.made_at).total_seconds() / 3600
    return Standby(str(home), name, catalogue.made_at, round(age_h, 3), held != name, catalogue.journal_hash)


def _held(home: Path) -> str | None:
    """The backup that the standby holds; None where the folder is none.

    Raises:
        ConfigurationError: it was run since.
    """
    try:
        name = str(json.loads((home / MARKER).read_text(encoding="utf-8"))["name"])
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ConfigurationError(
            f"{home / MARKER} can't be read ({error}), so whether {home} is a standby isn't known. Nothing was "
            "changed. Name an empty folder, or remove that one yourself."
        ) from None
    if read_state(home) is not None:
        raise ConfigurationError(
            f"{home} was run since it was made a standby of {name}: it may hold what no backup has. Nothing was "
            f"changed. Name another folder; to keep it as it is, remove {MARKER} from it."
        )
    return name


def _bring(
    home: Path, source: str, rules: StorageRules, *, name: str, clock: Callable[[], datetime], tell: Progress
) -> None:  # fmt: skip
    """The backup is in the folder; until it was compared whole, the one before stays."""
    beside = home.with_name(home.name + NEXT)
    with RunLock(home, now=clock()):
        shutil.rmtree(beside, ignore_errors=True)
        with RunLock(beside, now=clock()):
            try:
                Restore(beside, source, rules, None).run(name, tell)
            except BadDataError as error:
                raise BadDataError(
                    f"{error} The standby {home} is as it was. Verify the others on the first machine with `inplay "
                    f"data backup`, or restore an earlier one with `INPLAY_HOME={beside} inplay data restore {source} "
                    "--at NAME`."
                ) from error
            (beside / MARKER).write_text(json.dumps({"name": name, "source": source}), encoding="utf-8")
            for part in ("postgres", "models", "bars", MARKER):  # the record first: without it the rest is no record
                _replace(home / part, beside / part)
        shutil.rmtree(beside)


def _replace(old: Path, new: Path) -> None:
    if old.is_dir():
        shutil.rmtree(old)
    if new.exists():
        new.replace(old)
