"""Training that should be on a GPU and isn't, is refused."""

from __future__ import annotations

import shutil

import pytest

from trading.errors import UnavailableError
from tune.fits.device import prove_cuda, refuse_cpu


@pytest.mark.skipif(shutil.which("nvidia-smi") is not None, reason="this machine has a GPU")
@pytest.mark.filterwarnings("ignore:.*No visible GPU.*:UserWarning")
def test_without_a_gpu_cuda_is_refused() -> None:
    """On a machine without a GPU, XGBoost trains on the CPU when asked for CUDA; that is refused and said."""
    with pytest.raises(UnavailableError, match="trains on 'cpu'"):
        prove_cuda()


def test_a_cuda_device_is_let_through() -> None:
    """A CUDA device is let through as it is named."""
    assert refuse_cpu("cuda:0") == "cuda:0"
