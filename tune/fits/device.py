"""Proof of where a booster trains: asked for a GPU that isn't there, XGBoost trains on the CPU and says nothing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from trading.errors import UnavailableError

CUDA = "cuda"
DRIVER = Path("/proc/driver/nvidia/gpus")


def device_of(booster: Any) -> str:
    """The device that the booster is on, such as `cpu` or `cuda:0`, by its own configuration in this process."""
    return str(json.loads(booster.save_config())["learner"]["generic_param"]["device"])


def prove_cuda() -> str:
    """What a booster of this process really trains on: a CUDA device, and the model of the machine's GPU.

    Raises:
        UnavailableError: when it trains on anything else.
    """
    import xgboost  # noqa: PLC0415  heavy, and needed in the worker only

    rows = np.arange(64, dtype=np.float32).reshape(32, 2)
    data = xgboost.DMatrix(rows, rows[:, 0])
    booster = xgboost.train({"device": CUDA, "tree_method": "hist", "verbosity": 0}, data, num_boost_round=1)
    return f"{refuse_cpu(device_of(booster))} {_model()}".strip()


def refuse_cpu(device: str) -> str:
    """The device, which is a CUDA device.

    Raises:
        UnavailableError: when it isn't.
    """
    if not device.startswith(CUDA):
        raise UnavailableError(
            f"A GPU was asked for and XGBoost trains on {device!r}. No model was made and none was replaced. The "
            "machine lacks a GPU or its driver: choose an image with NVIDIA's drivers for it in the cluster's file."
        )
    return device


def _model() -> str:
    """The GPU's model as the driver names it; empty where the driver doesn't tell."""
    for information in sorted(DRIVER.glob("*/information")):
        for line in information.read_text(encoding="utf-8").splitlines():
            if line.startswith("Model:"):
                return line.removeprefix("Model:").strip()
    return ""
