"""The GPU that a training runs on: proof that there is one, and how busy it was."""

from __future__ import annotations

import os
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from typing import Protocol

from trading.errors import UnavailableError
from tune.fits.device import CUDA, prove_cuda

EVERY_MS = 500
NVIDIA_SMI = "nvidia-smi"
"""Reads NVML: the share of the last sample period in which a kernel ran. Source: `nvidia-smi --help-query-gpu`."""
SIMULATED = "simulated"
STOP_S = 5.0


@dataclass(frozen=True)
class Busy:
    """How busy a GPU was.

    Attributes:
        share: of the time, from 0 to 1; None where nobody can tell.
        source: who says so: `nvidia-smi`, `simulated`, or empty.
    """

    share: float | None = None
    source: str = ""


class NoGpuError(UnavailableError):
    """No machine with a GPU came in time."""


class Gpu(Protocol):
    """A GPU of this machine. Plain values, so it travels to the machine that has it."""

    @property
    def device(self) -> str:
        """What boosters train on, in XGBoost's words."""
        ...

    def prove(self) -> str:
        """What a booster of this process really trains on, in words. Raises: UnavailableError when it is no GPU."""
        ...

    def watched(self) -> AbstractContextManager[Callable[[], Busy]]:
        """While it is open the GPU is watched; what it yields says how busy it has been so far."""
        ...


@dataclass(frozen=True)
class Cuda:
    """The GPU that Ray gave this process."""

    @property
    def device(self) -> str:
        """See `Gpu`."""
        return CUDA

    def prove(self) -> str:
        """See `Gpu`."""
        return prove_cuda()

    @contextmanager
    def watched(self) -> Iterator[Callable[[], Busy]]:
        """See `Gpu`."""
        samples: list[float] = []
        try:
            process = subprocess.Popen(asking(os.environ), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        except OSError:
            yield Busy  # no driver's program, so nobody can tell
            return
        reader = threading.Thread(target=_read, args=(process, samples), daemon=True)
        reader.start()
        try:
            yield lambda: busy_of(samples)
        finally:
            process.kill()
            with suppress(subprocess.TimeoutExpired):  # a driver that hangs must not cost the training
                process.wait(STOP_S)
            reader.join(STOP_S)


@dataclass(frozen=True)
class SimulatedGpu:
    """A GPU that is only a number in Ray's books, for a rehearsal; it never passes for a real one."""

    @property
    def device(self) -> str:
        """See `Gpu`."""
        return "cpu"

    def prove(self) -> str:
        """See `Gpu`."""
        return "simulated GPU, which trains on the CPU"

    @contextmanager
    def watched(self) -> Iterator[Callable[[], Busy]]:
        """See `Gpu`. As busy as this process keeps a CPU."""
        began_s, used_s = time.monotonic(), time.process_time()

        def busy() -> Busy:
            passed_s = time.monotonic() - began_s
            if passed_s <= 0:
                return Busy()
            return Busy(min(1.0, (time.process_time() - used_s) / passed_s), SIMULATED)

        yield busy


def asking(environ: Mapping[str, str]) -> list[str]:
    """The command that tells the use of this process's GPU, in per cent, a line every half second."""
    command = [NVIDIA_SMI, "--query-gpu=utilization.gpu", "--format=csv,noheader,nounits", f"--loop-ms={EVERY_MS}"]
    mine = environ.get("CUDA_VISIBLE_DEVICES", "")
    return [*command, f"--id={mine}"] if mine else command


def busy_of(samples: list[float]) -> Busy:
    """The mean of samples in per cent; unknown without any."""
    return Busy(sum(samples) / len(samples) / 100, NVIDIA_SMI) if samples else Busy()


def _read(process: subprocess.Popen[str], samples: list[float]) -> None:
    for line in process.stdout or ():
        try:
            per_cent = float(line)
        except ValueError:  # such as [N/A], where the GPU doesn't tell
            continue
        if 0 <= per_cent <= 100:  # noqa: PLR2004 - per cent
            samples.append(per_cent)
