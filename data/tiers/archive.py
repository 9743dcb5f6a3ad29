"""Moves and merges files of bars: copy, read back and compare, change the manifest, delete.

Before a file is written its name and those it replaces are on record, so that after a crash at any point it is known
what may be left over. The manifest changes in one transaction: a reader sees the old files or the new one.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import IO

import numpy as np
import pyarrow as pa

from adapters.bars.files import KINDS, BarFile, encoded, read_file
from adapters.bars.files_lock import files_lock
from adapters.bars.locations import TIERS, TierLocations
from adapters.bars.places import digest_of, put_bytes, refused
from adapters.bars.versions import identical, latest, sessions_of
from adapters.postgres.tier_record import TierRecord
from data.tiers.planning import Ages, Step, plan
from trading.errors import BadDataError, UnavailableError

COLD_LEVEL = 19
"""Of zstd, the highest that needs no extra memory to unpack."""
ROUNDS = 4
"""Merge, move, merge again is all there is to do; bars that come in all the while are left to the next pass."""

Progress = Callable[[Step], None]


@dataclass(frozen=True)
class _Done:
    """A step that was carried out, with the bytes of its sources and of the file that stands for them."""

    step: Step
    target: BarFile
    bytes_before: int
    bytes_after: int


@dataclass(frozen=True)
class Archived:
    """What a pass did.

    Attributes:
        moved: files that went into another tier.
        merged: files that became part of another.
        rows_superseded: versions of bars that left the files; the record keeps them (`bar_corrections`).
        bytes_before: of the files that were taken, `bytes_after` of those that stand for them.
        swept: moves and merges that a crash had cut off.
    """

    moved: int = 0
    merged: int = 0
    rows_superseded: int = 0
    bytes_before: int = 0
    bytes_after: int = 0
    swept: int = 0


class Archive:
    """The tiers of a data folder.

    Args:
        home: the data folder.
        record: manifest and intents.
        locations: of the tiers.
        ages: when a file belongs into which.
    """

    def __init__(
        self, home: Path, record: TierRecord, locations: TierLocations | None = None, ages: Ages | None = None
    ) -> None:
        self._home = home
        self._record = record
        self._places = (locations or TierLocations()).places(home)
        self._ages = ages or Ages()

    def plan(self, today: date) -> list[Step]:
        """The steps that `run` would begin with; nothing is changed."""
        return plan(self._record.files(), self._ages, today)

    def run(self, today: date, tell: Progress | None = None) -> Archived:
        """Every file is where it belongs by its age, and small ones are merged. Safe to kill and to repeat.

        Args:
            today: the date that ages are counted from.
            tell: told each step once it is done.

        Raises:
            BadDataError: when a file is damaged; it stays where it is, and so do those not reached yet.
            UnavailableError: when a place is full or away; every bar is readable from where it was.
        """
        swept = self.recover()
        done: list[_Done] = []
        for _ in range(ROUNDS):
            steps = self.plan(today)
            if not steps:
                break
            for step in steps:
                with files_lock(self._home):
                    done.append(self._carry_out(step))
                if tell is not None:
                    tell(step)
        return _summed(done, swept)

    def recover(self) -> int:
        """Nothing is left over from moves and merges that were cut off; returns how many of them there were."""
        with files_lock(self._home):
            changes = self._record.changes()
            for change_id, paths in changes:
                self._delete_unnamed(paths)
                self._record.end_change(change_id)
        return len(changes)

    def erase(self) -> None:
        """No file of the manifest is there any more, in any tier. The caller erases the manifest next."""
        with files_lock(self._home):
            for file in self._record.files():
                try:
                    self._places[file.tier].delete(file.path)
                except OSError as error:
                    name = f"{self._places[file.tier].words}/{file.path}"
                    raise UnavailableError(
                        f"{name} can't be deleted: {error.strerror or error}. The record was not erased; try again."
                    ) from error

    def _carry_out(self, step: Step) -> _Done:
        """The one file of the step stands for its sources."""
        data, target, bars, size = self._made(step)
        change_id = self._record.begin_change([target.path, *(file.path for file in step.sources)])
        try:
            kept = "Every bar is readable from where it was, and no half of a file is left."
            put_bytes(self._places[target.tier], target.path, data, lost=kept)
            self._compare(target, bars)
            self._record.swap(step.sources, target)
        except (BadDataError, UnavailableError):
            self._undo(change_id, target)
            raise
        self._delete_unnamed([file.path for file in step.sources])
        self._record.end_change(change_id)
        return _Done(step, target, size, len(data))

    def _undo(self, change_id: int, target: BarFile) -> None:
        """The target is gone again; if its place doesn't answer, the intent stays on record for the next pass."""
        try:
            self._delete_unnamed([target.path])
        except UnavailableError:
            return
        self._record.end_change(change_id)

    def _made(self, step: Step) -> tuple[memoryview | bytes, BarFile, pa.Table, int]:
        """The bytes of the new file, its row of the manifest, its bars, and how many bytes the sources took."""
        first = step.sources[0]
        shape = KINDS[first.timeframe]
        tables, raw = [], b""
        size = 0
        for file in step.sources:
            raw = self._bytes_of(file)
            size += len(raw)
            tables.append(read_file(_Held(raw, self._places[file.tier].words), file, None, verify=False))
        bars = latest(tables, shape)
        if len(step.sources) == 1 and step.tier != "cold":
            path = first.path.replace(f"bars/{first.tier}/", f"bars/{step.tier}/", 1)
            return raw, replace(first, path=path, tier=step.tier), bars, size
        sessions = np.unique(sessions_of(bars))
        level = COLD_LEVEL if step.tier == "cold" else None
        data, target = encoded(bars, sessions, first.timeframe, step.tier, level=level)
        return data, target, bars, size

    def _bytes_of(self, file: BarFile) -> bytes:
        """All of the file, compared with its hash."""
        place = self._places[file.tier]
        try:
            with place.open(file.path) as source:
                raw = source.read()
        except OSError as error:
            raise UnavailableError(
                f"{place.words}/{file.path} is in the manifest and cannot be read: {error.strerror or error}. It was "
                "not moved and nothing was deleted. Mount its volume, or restore it from a backup."
            ) from error
        if digest_of(_Held(raw, "").open("")) != file.sha256:
            raise BadDataError(
                f"{place.words}/{file.path} does not match the manifest: it was changed or damaged. It was not moved "
                "and nothing was deleted. Restore it from a backup."
            )
        return raw

    def _compare(self, target: BarFile, bars: pa.Table) -> None:
        """The file that was written has the hash, the count and the bars that it should have."""
        place = self._places[target.tier]
        try:
            with place.open(target.path) as source:
                raw = source.read()
        except OSError as error:
            raise UnavailableError(
                refused(place, target.path, error, "It could not be read back, so nothing was deleted.")
            ) from error
        held = _Held(raw, place.words)
        if digest_of(held.open("")) != target.sha256 or not identical(
            read_file(held, target, None, verify=False), bars
        ):
            raise BadDataError(
                f"{place.words}/{target.path} reads back other than it was written. Nothing was deleted and every bar "
                "is readable from where it was. Check that disk or store before you go on."
            )

    def _delete_unnamed(self, paths: list[str]) -> None:
        """Of the paths, those that the manifest doesn't name are gone."""
        named = {file.path for file in self._record.files()}
        for path in paths:
            if path not in named:
                tier = next(tier for tier in TIERS if path.startswith(f"bars/{tier}/"))
                try:
                    self._places[tier].delete(path)
                except OSError as error:
                    raise UnavailableError(
                        f"{self._places[tier].words}/{path} is no longer needed and can't be deleted: "
                        f"{error.strerror or error}. Every bar is readable; the next pass tries again."
                    ) from error


class _Held:
    """A file that is in memory already, as a place."""

    remote = False

    def __init__(self, data: bytes, words: str) -> None:
        self._data = data
        self.words = words

    def open(self, path: str) -> IO[bytes]:  # noqa: ARG002 - there is one file
        return io.BytesIO(self._data)

    def sha256(self, path: str) -> str | None:  # noqa: ARG002
        return None


def _summed(done: list[_Done], swept: int) -> Archived:
    merges = [one for one in done if len(one.step.sources) > 1]
    return Archived(
        moved=len(done) - len(merges),
        merged=sum(len(one.step.sources) for one in merges),
        rows_superseded=sum(sum(file.rows for file in one.step.sources) - one.target.rows for one in merges),
        bytes_before=sum(one.bytes_before for one in done),
        bytes_after=sum(one.bytes_after for one in done),
        swept=swept,
    )
