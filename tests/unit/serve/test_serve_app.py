"""The Serve shells, without a cluster: what they hold, refuse and check."""

import os
import socket
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pytest

from serve.app import EnsembleReplica, build_app, check_port_free
from tests.fakes.answering import FakePlatform
from trading.errors import BadDataError, ConfigurationError, UnavailableError


class RowSums:
    """A scorer whose answer arithmetic can check."""

    def score(self, features: npt.NDArray[np.float32], versions: Sequence[str]) -> npt.NDArray[np.float32]:
        """The sum of each row, times the number of versions."""
        return np.asarray(features.sum(axis=1) * len(versions))


def test_a_replica_scores_with_what_its_factory_made() -> None:
    """The scorer's answer comes back unchanged, the same bytes for the same features, from this process."""
    replica = EnsembleReplica(RowSums)
    features = np.array([[1, 2], [3, 4]], dtype=np.float32)
    assert replica.score(features, ["e"]).tolist() == [1 + 2, 3 + 4]
    assert replica.score(features, ["e"]).tobytes() == replica.score(features.copy(), ["e"]).tobytes()
    assert replica.pid() == os.getpid()


@pytest.mark.parametrize(
    "features",
    [np.zeros(3, np.float32), np.zeros((2, 2), np.float64), np.zeros((20_001, 1), np.float32)],
    ids=["one dimension", "float64", "too many rows"],
)
def test_a_replica_refuses_what_is_no_feature_matrix(features: npt.NDArray[np.float32]) -> None:
    """Another shape, type or size is refused with a text instead of scored somehow."""
    with pytest.raises(BadDataError, match="Nothing was scored"):
        EnsembleReplica(RowSums).score(features, ["e"])


def test_a_taken_port_is_refused_by_name() -> None:
    """A port that another program listens on is named before anything is started; a closed one is free again."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(UnavailableError, match=rf"port {port} on 127\.0\.0\.1"):
            check_port_free("127.0.0.1", port)
    check_port_free("127.0.0.1", port)


def test_a_host_of_another_machine_is_refused() -> None:
    """An address that isn't this machine's is refused with the same kind of error (192.0.2.0/24 is for documents)."""
    with pytest.raises(UnavailableError):
        check_port_free("192.0.2.77", 8000)


def test_a_short_token_never_becomes_an_application() -> None:
    """The token is checked before anything is deployed."""
    with pytest.raises(ConfigurationError):
        build_app(lambda _handle: FakePlatform(), RowSums, "short")
