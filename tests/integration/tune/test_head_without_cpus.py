"""A head with no CPU in its books, which Ray advises for large clusters: trainings are refused at once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import ray
from ray.util import placement_group_table

from tests.fakes.planted import planted
from trading.errors import ModelError
from trading.views.members.registry import MEMBERS
from tune.fits.distributed import Workers, fit_distributed
from tune.on_ray.placements import head_cpus
from tune.search.search import search

pytestmark = pytest.mark.platform


@pytest.fixture(scope="module", autouse=True)
def ray_without_cpus() -> Iterator[None]:
    """A cluster of no processors."""
    ray.init(address="local", num_cpus=0, include_dashboard=False, log_to_driver=False, logging_level="error")
    yield
    ray.shutdown()


def test_a_search_is_refused_at_once(tmp_path: Path) -> None:
    """It waited without an end and said nothing."""
    assert head_cpus() == 0
    with pytest.raises(ModelError, match=r"asks for 1 CPU on Ray's head, which has 0.*--num-cpus=1"):
        search(planted(1, sessions=40, per_session=15), tmp_path, MEMBERS, seed=1)
    assert placement_group_table() == {}


def test_a_fit_is_refused_at_once() -> None:
    """Two training actors need two processors there."""
    rows = np.arange(40, dtype=np.float32).reshape(20, 2)
    with pytest.raises(ModelError, match="asks for 2 CPU on Ray's head, which has 0"):
        fit_distributed(
            {"rounds": 2}, "reg:squarederror", rows, rows[:, 0].astype(np.float64), seed=1, workers=Workers()
        )
    assert placement_group_table() == {}
