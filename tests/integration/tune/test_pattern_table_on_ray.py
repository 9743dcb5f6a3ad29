"""Parquet files of patterns summed by Modin, on a cluster of three machines and on Ray that nobody started."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest
import ray
from ray.cluster_utils import Cluster

from tests.fakes.pattern_rows import pattern_rows
from tune.pattern_table import _modin, success_rates_of_files

pytestmark = [
    pytest.mark.platform,
    pytest.mark.filterwarnings("ignore::UserWarning:modin.*", "ignore::FutureWarning"),
]


@pytest.fixture(scope="module")
def three_machines() -> Iterator[None]:
    """A head and two more machines, a processor each."""
    made = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "num_gpus": 0, "include_dashboard": False})
    for _ in range(2):
        made.add_node(num_cpus=1, num_gpus=0)
    ray.init(address=made.address, log_to_driver=False, logging_level="error")
    yield
    ray.shutdown()
    made.shutdown()


@pytest.mark.parametrize("by", [("pattern_type", "direction"), ("pattern_type", "market_trend"), ("market_trend",)])
def test_modin_gives_the_answer_of_pandas(three_machines: None, tmp_path: Path, by: tuple[str, ...]) -> None:  # noqa: ARG001
    """The same files give the same rates; sums may differ in the last bits."""
    files = []
    for year in range(3):
        files.append(tmp_path / f"{year}.parquet")
        pq.write_table(pattern_rows(year, 1_000), files[-1])
    on_ray, plain = (success_rates_of_files(files, by, engine=engine) for engine in ("modin", "pandas"))
    assert (on_ray.engine, on_ray.rows) == ("modin", 3_000)
    assert plain.table["recorded"].sum() == 3_000
    pd.testing.assert_frame_equal(on_ray.table, plain.table, rtol=1e-12, check_dtype=False)


def test_the_files_are_read_by_modin_itself(three_machines: None, tmp_path: Path) -> None:  # noqa: ARG001
    """The frame is Modin's from the start, and a cluster that was there is left running."""
    file = tmp_path / "one.parquet"
    pq.write_table(pattern_rows(1, 10), file)
    with _modin(10) as modin_pandas:
        assert type(modin_pandas.read_parquet(str(file))).__module__.startswith("modin.")
    assert ray.is_initialized()
