"""The files of an ensemble: whether they are those that were registered, and a copy of them."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal
from uuid import uuid4

from adapters.models.scoring import CARD, Card, EnsembleScorer, sha256_of
from adapters.postgres.models import EnsembleRow, ModelRow, ModelStore
from adapters.postgres.pool import Pool
from trading.errors import ConfigurationError, ModelError, ModelRefusedError, UnknownModelError
from trading.views.lifecycle import UNKNOWN

RECORD = "record.json"
RESTORE = "Restore it from a backup (`inplay data restore`), or train anew."


@dataclass(frozen=True)
class FileState:
    """One member's file, as it is on disk now.

    Attributes:
        path: relative to the data folder.
        sha256: that was registered.
        state: `changed`: its hash isn't the one that was registered.
    """

    member: str
    model_id: str
    weight: float
    path: str
    sha256: str
    state: Literal["whole", "file gone", "changed"]


def row_of(pool: Pool, ensemble_id: str) -> tuple[EnsembleRow, list[ModelRow]]:
    """An ensemble on record and its models, in order.

    Raises:
        UnknownModelError: when it isn't on record.
    """
    row = ModelStore(pool).ensemble(ensemble_id)
    if row is None:
        raise UnknownModelError(UNKNOWN.format(ensemble_id))
    return row, ModelStore(pool).models([member.model_id for member in row.members])


def files_of(row: EnsembleRow, models: Sequence[ModelRow], home: Path) -> list[FileState]:
    """The file of each member, hashed now."""
    return [
        FileState(member.kind, model.model_id, member.weight, model.path, model.sha256, _state(home, model))
        for member, model in zip(row.members, models, strict=True)
    ]


def _state(home: Path, model: ModelRow) -> Literal["whole", "file gone", "changed"]:
    try:
        data = (home / model.path).read_bytes()
    except OSError:
        return "file gone"
    return "whole" if sha256_of(data) == model.sha256 else "changed"


def card_of(home: Path, ensemble_id: str) -> Card | str:
    """The card, or why it can't be read."""
    path = home / "models" / ensemble_id / CARD
    try:
        return Card.from_json(path.read_text())
    except OSError as error:
        return f"file gone: {path}: {error.strerror}"
    except (ValueError, TypeError, KeyError) as error:
        return f"changed: {path} is no model card any more: {error}"


def require_registered(pool: Pool, home: Path, ensemble_id: str) -> None:
    """The ensemble's files are there, and its card and they are those that were registered.

    Raises:
        UnknownModelError: when it isn't on record.
        ModelRefusedError: when a file is gone or another one.
    """
    row, models = row_of(pool, ensemble_id)
    for file in files_of(row, models, home):
        if file.state != "whole":
            said = "can't be read" if file.state == "file gone" else "is not the one that was registered"
            raise ModelRefusedError(
                f"The file {home / file.path} of {ensemble_id} {said}. Nothing was changed. {RESTORE}"
            )
    card = card_of(home, ensemble_id)
    if isinstance(card, str):
        raise ModelRefusedError(f"The card of {ensemble_id} can't be used: {card}. Nothing was changed. {RESTORE}")
    on_card = {file.member: file.sha256 for file in card.models}
    if (card.ensemble_id, on_card) != (ensemble_id, {model.kind: model.sha256 for model in models}):
        raise ModelRefusedError(
            f"The card {home / 'models' / ensemble_id / CARD} is not that of {ensemble_id} on record: it names "
            f"{card.ensemble_id} or other files. Nothing was changed. {RESTORE}"
        )


def trouble_of(folder: Path) -> str:
    """Why the ensemble in a folder can't score; empty when it was loaded."""
    try:
        EnsembleScorer(folder)
    except ModelError as error:
        return str(error)
    return ""


def export(pool: Pool, home: Path, ensemble_id: str, out: Path) -> list[Path]:
    """The ensemble's files and card, and `record.json` with what is on record of it, are in the folder `out`.

    The copies are loaded before they are moved into place together, so what is there can score.

    Raises:
        UnknownModelError: when it isn't on record.
        ModelRefusedError: when a file is gone or another one.
        ConfigurationError: when the folder can't be made, or holds anything already.
    """
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise ConfigurationError(f"{out} is there and isn't an empty folder. Nothing was written. Name another one.")
    require_registered(pool, home, ensemble_id)
    row, models = row_of(pool, ensemble_id)
    target = out.absolute()
    part = target.with_name(f".{target.name}.{uuid4().hex[:8]}.part")
    try:
        part.mkdir(parents=True)
        for model in models:
            shutil.copyfile(home / model.path, part / Path(model.path).name)
        shutil.copyfile(home / "models" / ensemble_id / CARD, part / CARD)
        told = {"ensemble": asdict(row), "models": [asdict(model) for model in models]}
        (part / RECORD).write_text(json.dumps(told, indent=1, sort_keys=True, default=str) + "\n")
        trouble = trouble_of(part)
        if trouble:
            raise ModelRefusedError(f"{ensemble_id} can't be used: {trouble}. Nothing is left in {out}.")
        part.replace(target)
    except OSError as error:
        raise ConfigurationError(f"{out} can't be written: {error.strerror}. Nothing is left there.") from error
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return sorted(target.iterdir())
