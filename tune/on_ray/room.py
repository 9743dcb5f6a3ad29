"""Where trials and fits of a training run: on Ray's head, on machines beside it, or on a GPU."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from tune.on_ray.placements import ON_HEAD, Bundle, Placements


@dataclass(frozen=True)
class Room:
    """What one trial of a search asks Ray for.

    Attributes:
        machines: beside the head that trials are spread over; 0 = the head alone.
        gpus: the share of a GPU of each trial; above zero boosters train with CUDA.
    """

    machines: int = 0
    gpus: float = 0.0

    @property
    def elsewhere(self) -> bool:
        """Whether no trial may run on the head."""
        return self.machines > 0 and not self.gpus

    @property
    def device(self) -> str:
        """What boosters train on, in XGBoost's words."""
        return "cuda" if self.gpus else "cpu"

    @cached_property
    def bundle(self) -> Bundle:
        """What one trial takes."""
        if self.gpus:
            return {"CPU": 1.0, "GPU": self.gpus}
        return {"CPU": 1.0} if self.elsewhere else {"CPU": 1.0, **ON_HEAD}

    def slots(self, placements: Placements) -> int:
        """How many trials may run at once; 0 = as many as there is room for.

        Machines are waited for here; what they have bounds what is asked of an autoscaler, so no further one comes.
        """
        return sum(placements.crew(self.machines)) if self.elsewhere else 0


HERE = Room()
