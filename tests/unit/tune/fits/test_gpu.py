"""How busy a GPU is said to be, with programs in the place of NVIDIA's."""

from __future__ import annotations

import os
from pathlib import Path

import psutil
import pytest

from tests.fakes.eventually import eventually
from tune.fits.gpu import Busy, Cuda, SimulatedGpu, asking


def smi(folder: Path, lines: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A program called nvidia-smi that prints these lines and goes on running."""
    program = folder / "nvidia-smi"
    program.write_text(f"#!/bin/sh\nprintf '{lines}'\necho \"$@\" > {folder}/asked\nexec sleep 60\n", encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")


def test_it_is_the_mean_of_the_samples(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """0, 100, 100 and 48 per cent are 0.62; the program has ended afterwards."""
    smi(tmp_path, "0\\n100\\n100\\n48\\n", monkeypatch)
    with Cuda().watched() as busy:
        eventually(lambda: busy().share == pytest.approx(0.62), what="four samples")
        assert busy().source == "nvidia-smi"
        children = psutil.Process().children()
    assert not any(child.is_running() for child in children)


def test_what_is_no_share_is_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A GPU that doesn't tell, an error in words, and more than there can be."""
    smi(tmp_path, "[N/A]\\nFailed to initialize NVML\\n700\\n-1\\n30\\n", monkeypatch)
    with Cuda().watched() as busy:
        eventually(lambda: busy() == Busy(0.3, "nvidia-smi"), what="the one sample")


def test_without_the_program_nobody_knows(monkeypatch: pytest.MonkeyPatch) -> None:
    """None, and no source; so where it says nothing."""
    monkeypatch.setenv("PATH", "/nonexistent")
    with Cuda().watched() as busy:
        assert busy() == Busy(None, "")


def test_the_gpu_of_this_process_is_asked() -> None:
    """Ray tells a task which one it has."""
    assert asking({"CUDA_VISIBLE_DEVICES": "3"})[-1] == "--id=3"
    assert "--query-gpu=utilization.gpu" in asking({})


def test_a_simulated_one_says_so() -> None:
    """It names itself in the device and in the source, and trains on the CPU."""
    gpu = SimulatedGpu()
    assert (gpu.device, "simulated" in gpu.prove()) == ("cpu", True)
    with gpu.watched() as busy:
        sum(range(2_000_000))
        found = busy()
    assert found.source == "simulated"
    assert found.share is not None
    assert 0 < found.share <= 1
