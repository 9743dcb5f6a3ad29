"""Opens what the readers read from, in the process that answers HTTP: the record by its pool, the actors by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Concatenate, Final, ParamSpec, TypeVar, cast

import numpy as np
import numpy.typing as npt
import ray
from pydantic import SecretStr
from ray.exceptions import GetTimeoutError, RayActorError, RayTaskError
from ray.serve.handle import DeploymentHandle

from adapters.postgres.accounts import Accounts
from adapters.postgres.pool import open_pool
from adapters.postgres.queries import Queries
from data.storage_rules import StorageRules
from serve.sources import Service, Sources
from trading.errors import InplayError, UnavailableError
from trading.views.ensemble import Views

Asked = ParamSpec("Asked")
S = TypeVar("S")
T = TypeVar("T")
NAMESPACE: Final = "inplay"
ANSWER_TIMEOUT_S: Final = 8.0
CONNECTIONS: Final = 4


class RayActors:
    """The services of the run by name, the ensemble by its handle; see `serve.sources.AskActors`.

    Args:
        ensemble: the handle.
        hosts: the actor that each service lives in.
    """

    def __init__(self, ensemble: DeploymentHandle, hosts: Mapping[str, str]) -> None:
        self._ensemble = ensemble
        self._hosts = hosts

    def ask(
        self, service: Service[S], method: Callable[Concatenate[S, Asked], T], *args: Asked.args, **named: Asked.kwargs
    ) -> T:
        """The service's answer."""
        try:
            host = ray.get_actor(self._hosts[service.name], namespace=NAMESPACE)
            call = host.call.options(concurrency_group=service.name)
            asked = call.remote(service.name, method.__name__, *args, **named)
            return cast("T", ray.get(asked, timeout=ANSWER_TIMEOUT_S))
        except RayTaskError as error:
            raise error.cause if isinstance(error.cause, InplayError) else error from error
        except (ValueError, RayActorError, GetTimeoutError) as error:
            said = f"The service {service.name} does not answer now; nothing is lost. Try again."
            raise UnavailableError(said) from error

    def score(self, features: npt.NDArray[np.float32], versions: Sequence[str]) -> Mapping[str, Views]:
        """What the versions of the ensemble say of the rows, by name."""
        try:
            return cast(
                "Mapping[str, Views]",
                self._ensemble.score.remote(features, tuple(versions)).result(timeout_s=ANSWER_TIMEOUT_S),
            )
        except (RayActorError, TimeoutError) as error:
            raise UnavailableError("The ensemble does not answer now; nothing is lost. Try again.") from error


def open_sources(
    ensemble: DeploymentHandle,
    *,
    hosts: Mapping[str, str],
    home: Path,
    database_url: SecretStr,
    seed: int,
    storage: StorageRules,
    gpu_budget_usd_per_month: float,
) -> Sources:
    """The sources of a run. No connection is opened by it; the first question opens one.

    Args:
        ensemble: handle of the deployment that scores.
        hosts: the actor that each service lives in, by name of the service.
        home: the data folder.
        database_url: of the record.
        seed: of the report's bootstrap.
        storage: rules by which files move between tiers.
        gpu_budget_usd_per_month: of training sessions; 0 = none are held.
    """
    pool = open_pool(database_url.get_secret_value(), name="inplay api", size=CONNECTIONS)
    return Sources(
        home=home,
        pool=pool,
        actors=RayActors(ensemble, hosts),
        seed=seed,
        storage=storage,
        gpu_budget_usd_per_month=gpu_budget_usd_per_month,
        accounts=Accounts(pool),
        queries=Queries(pool),
    )
