"""A training on a GPU: one task of Ray, which is the demand for the machine and holds it until everything is done.

Search, fits and judgement run where the GPU is. The head makes the rows before and keeps the files after. When the task
ends, in whatever way, or the process that asked for it does, nothing on Ray asks for a GPU any more.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from queue import Empty, SimpleQueue
from tempfile import TemporaryDirectory
from typing import Any

import ray

from adapters.models.scoring import CARD
from trading.errors import UnavailableError
from trading.views.members.member import Members
from trading.views.members.registry import MEMBERS
from tune.fits.distributed import ON_GPU
from tune.fits.gpu import Busy, Cuda, Gpu, NoGpuError
from tune.fits.model_files import write_files
from tune.judgement.leakage.again import Then
from tune.on_ray.causes import told_in_words
from tune.on_ray.room import Room
from tune.pipeline import Trained, train_ensemble
from tune.search.bounds import GRIDS, Bounds
from tune.sets.training_set import TrainingSet

LOOK_EVERY_S = 0.5


@dataclass(frozen=True)
class OnGpu:
    """What a training on a GPU made.

    Attributes:
        trained: with the device as the process that trained said.
        busy: how busy the GPU was from the proof of it to the end.
    """

    trained: Trained
    busy: Busy


@dataclass(frozen=True)
class Terms:
    """What such a training follows.

    Attributes:
        seed: of boosters and bootstraps.
        wait_s: for the machine.
        bounds: of the search; what counts its money must be able to do so on the machine.
        asked: tells trainings apart that would have one name.
        members: of the ensemble.
        gpu: that it runs on.
    """

    seed: int
    wait_s: float
    bounds: Bounds = GRIDS
    asked: str = ""
    members: Members = MEMBERS
    gpu: Gpu = field(default_factory=Cuda)


def train_on_gpu(
    data: TrainingSet, models: Path, scratch: Path, terms: Terms, *, say: Callable[[str], None], then: Then | None,
) -> OnGpu:  # fmt: skip
    """The ensemble for `data` was made on a machine with a GPU, and its files are under `models` on this one.

    Args:
        data: to learn from.
        models: folder of all ensembles.
        scratch: folder of what the search found, so that a training that was ended goes on.
        terms: that it follows.
        say: told in words what happens.
        then: see `train_ensemble`.

    Raises:
        NoGpuError: when none came in time.
        UnavailableError: when the machine has no GPU that XGBoost trains on.
        ModelError: when nothing can be learned, or the machine went away.
    """
    task: Any = ray.remote(num_cpus=1, num_gpus=1, max_retries=0)(_on_the_machine)
    stream = task.remote([ray.put(data)], _begun(scratch), terms, then)
    made: _Made | None = None
    try:
        with told_in_words():
            for one in _told(stream, terms.wait_s):
                if isinstance(one, _Made):
                    made = one
                elif isinstance(one, _Found):
                    _keep(scratch, one)
                else:
                    say(one)
    finally:
        if made is None:
            ray.cancel(stream, force=True)
    if made is None:  # a stream that ends without its last word has raised
        raise UnavailableError("The training ended without an answer. Nothing was replaced.")
    folder = models / made.on_gpu.trained.folder.name
    write_files(folder, made.files)
    return replace(made.on_gpu, trained=replace(made.on_gpu.trained, folder=folder))


@dataclass(frozen=True)
class _Found:
    """What the search has found since it last told: whole lines of its file."""

    name: str
    lines: bytes


@dataclass(frozen=True)
class _Made:
    """The last that the task tells: the ensemble and its files by name, the card last."""

    on_gpu: OnGpu
    files: dict[str, bytes]


def _told(stream: Any, wait_s: float) -> Iterator[Any]:
    """What the task tells, one after the other; the first must come in time."""
    if not ray.wait([stream], timeout=wait_s)[0]:
        raise NoGpuError(
            f"No GPU came within {wait_s / 60:.0f} min: sold out, over a spend cap, or no such type. Nothing was "
            "trained."
        )
    for reference in stream:
        yield ray.get(reference)


def _begun(scratch: Path) -> list[_Found]:
    """What a search that was ended before has found."""
    return [_Found(path.name, path.read_bytes()) for path in sorted(scratch.glob("search-*.jsonl"))]


def _keep(scratch: Path, found: _Found) -> None:
    scratch.mkdir(parents=True, exist_ok=True)
    path = scratch / found.name
    for other in scratch.glob("search-*.jsonl"):
        if other != path:
            other.unlink()
    with path.open("ab") as file:
        file.write(found.lines)


def _on_the_machine(rows: Any, begun: list[_Found], terms: Terms, then: Then | None) -> Iterator[Any]:
    """Tells words, what the search found, and in the end the ensemble. Ray ends the process of such a task after it."""
    # The machine is rented for this alone. A fit's threads that wait don't take the time of others.
    os.environ |= {"OMP_NUM_THREADS": str(len(os.sched_getaffinity(0))), "OMP_WAIT_POLICY": "PASSIVE"}
    device = terms.gpu.prove()
    yield f"on {device}"
    words: SimpleQueue[str] = SimpleQueue()
    with TemporaryDirectory(prefix="inplay-gpu-") as name, ThreadPoolExecutor(1) as beside:
        folder = Path(name)
        for one in begun:
            _keep(folder / "search", one)
        seen = {one.name: len(one.lines) for one in begun}
        training = beside.submit(_trained, ray.get(rows[0]), folder, terms, then=then, device=device, say=words.put)
        while not training.done():
            try:
                yield words.get(timeout=LOOK_EVERY_S)
            except Empty:
                yield from _new(folder / "search", seen)
        yield from _rest(words)
        yield from _new(folder / "search", seen)
        on_gpu = training.result()
        yield _Made(on_gpu, _files(on_gpu.trained.folder))


def _trained(
    data: TrainingSet, folder: Path, terms: Terms, *, then: Then | None, device: str, say: Callable[[str], None]
) -> OnGpu:
    with terms.gpu.watched() as busy:
        trained = train_ensemble(
            data, folder / "models", folder / "search", seed=terms.seed, workers=ON_GPU, say=say, then=then,
            members=terms.members, bounds=terms.bounds, asked=terms.asked, room=Room(within=terms.gpu.device),
        )  # fmt: skip
        return OnGpu(replace(trained, device=device), busy())


def _new(folder: Path, seen: dict[str, int]) -> Iterator[_Found]:
    """The whole lines that were written since the last look."""
    for path in folder.glob("search-*.jsonl"):
        data = path.read_bytes()
        whole, known = data.rfind(b"\n") + 1, seen.get(path.name, 0)
        if whole > known:
            seen[path.name] = whole
            yield _Found(path.name, data[known:whole])


def _rest(words: SimpleQueue[str]) -> Iterator[str]:
    while not words.empty():
        yield words.get()


def _files(folder: Path) -> dict[str, bytes]:
    """The ensemble's files, the card last."""
    paths = sorted(folder.iterdir(), key=lambda path: path.name == CARD)
    return {path.name: path.read_bytes() for path in paths}
