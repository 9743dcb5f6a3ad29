"""The training table summed by Modin on a local Ray."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd
import pytest
import ray

from tests.fakes.pattern_rows import pattern_rows
from tune.pattern_table import _on_ray, success_rates

pytestmark = pytest.mark.platform


@pytest.fixture(scope="module")
def local_ray() -> Iterator[None]:
    """A cluster of two processors."""
    ray.init(address="local", num_cpus=2, include_dashboard=False, log_to_driver=False, logging_level="error")
    yield
    ray.shutdown()


@pytest.mark.filterwarnings("ignore::UserWarning:modin.*", "ignore::FutureWarning")
@pytest.mark.parametrize("by", [("pattern_type", "direction"), ("pattern_type", "market_trend")])
def test_modin_gives_the_answer_of_pandas(local_ray: None, by: tuple[str, ...]) -> None:  # noqa: ARG001
    """With the threshold forced down, the same table gives the same rates; sums may differ in the last bits."""
    table = pattern_rows(4, 3_000)
    on_ray, plain = success_rates(table, by, modin_from_rows=1), success_rates(table, by)
    pd.testing.assert_frame_equal(on_ray, plain, rtol=1e-12, check_dtype=False)


@pytest.mark.filterwarnings("ignore::UserWarning:modin.*", "ignore::FutureWarning")
def test_the_forced_path_is_modin_on_ray(local_ray: None) -> None:  # noqa: ARG001
    """Above the threshold the frame is Modin's, and a cluster that was there is left running."""
    with _on_ray(pattern_rows(1, 10).to_pandas()) as spread:
        assert type(spread).__module__.startswith("modin.")
    assert ray.is_initialized()
