"""DigitalOcean's own specification, where the folder of shared files is."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

from cluster.simulator.specification import Specification

SOURCE = Path(os.environ.get("INPLAY_SHARED", "../shared")) / "digitalocean" / "openapi.yaml"
ABSENT = f"{SOURCE} is absent; set INPLAY_SHARED to the folder that has it to run this"


@cache
def specification() -> Specification:
    """The judge; where the document is absent, one that judges nothing."""
    return Specification.read(SOURCE) if SOURCE.exists() else Specification.unjudged()
