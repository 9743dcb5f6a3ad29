"""What the platform's own training learns from: the record, with what breaks have ended."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest
from pydantic import SecretStr

import tune.pipeline
from actors.services import in_this_process, look_back
from actors.training import _train, _Work
from actors.wiring import Wiring
from adapters.postgres.pool import Pool
from tests.integration.one_process import Platform
from tune.fits.distributed import Workers
from tune.on_ray.placements import Placements
from tune.sets.training_set import TrainingSet

LAST = date(2010, 8, 12)


def test_a_training_learns_the_loss_of_a_break(
    pool: Pool, empty_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """WY opens on 2010-07-20 at 0.38 times its close, and nothing says why: its longs lost, on that day."""
    platform = Platform(tmp_path, empty_url, pool)
    platform.import_until(LAST)
    seen: list[TrainingSet] = []
    monkeypatch.setattr(tune.pipeline, "train_ensemble", lambda data, *_, **__: seen.append(data))
    with platform.services() as services:
        known = look_back(in_this_process(services), LAST)
        wiring = Wiring(tmp_path, SecretStr(empty_url), 10_000_000)
        work = _Work(tmp_path, wiring, LAST + timedelta(days=1), 7, workers=Workers(1), placements=Placements("none"))
        _train(known.market.get(), known.patterns.get(), work)
    (data,) = seen
    lost = data.net_return[(data.known_session == np.datetime64("2010-07-20")) & (data.net_return < -0.5)]
    assert len(lost) > 0
    assert data.undecided["break"] > 0
    assert set(data.undecided) <= {"open", "bars ended", "break", "no range", "known later"}
