"""Where trials and fits of a training run: on Ray's head, on machines beside it, or in the process that trains."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from tune.on_ray.placements import ON_HEAD, Bundle, Placements


@dataclass(frozen=True)
class Room:
    """Where the work of a training is done.

    Attributes:
        machines: beside the head that trials are spread over; 0 = the head alone.
        within: everything is done in the process that trains, one fit after the other, with boosters on this device in
            XGBoost's words; it holds a rented machine, which no other process could share. Empty = trials are Ray's.
    """

    machines: int = 0
    within: str = ""

    @property
    def elsewhere(self) -> bool:
        """Whether no trial may run on the head."""
        return self.machines > 0

    @property
    def device(self) -> str:
        """What boosters train on, in XGBoost's words."""
        return self.within or "cpu"

    @cached_property
    def bundle(self) -> Bundle:
        """What one trial takes."""
        return {"CPU": 1.0} if self.elsewhere else {"CPU": 1.0, **ON_HEAD}

    def slots(self, placements: Placements) -> int:
        """How many trials may run at once; 0 = as many as there is room for.

        Machines are waited for here; what they have bounds what is asked of an autoscaler, so no further one comes.
        """
        return sum(placements.crew(self.machines)) if self.elsewhere else 0


HERE = Room()
