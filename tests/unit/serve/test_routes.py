"""A route is one file and one line: this file is a resource, and its name is the line."""

from __future__ import annotations

from pathlib import Path

from fastapi import APIRouter
from pydantic import Field

from serve import resources
from serve.api import create_app
from serve.desk import Desk
from serve.parameters import Limit
from serve.routes import RESOURCES
from serve.schema import Schema
from serve.sources import Sources
from tests.fakes.bare_sources import bare_sources
from tests.fakes.client import TOKEN, client_of

router = APIRouter()


class Moons(Schema):
    """Moons of the platform's planet."""

    names: list[str] = Field(description="The nearest first.")


def read(sources: Sources, limit: int) -> Moons:
    """The nearest moons."""
    return Moons(names=[sources.home.name, "Deimos"][:limit])


@router.get("/moons", tags=["market"], summary="Moons")
async def get_moons(desk: Desk, limit: Limit = 2) -> Moons:
    """The moons, the nearest first."""
    return await desk.ask(read, limit)


def test_one_file_and_one_line_are_a_route() -> None:
    """Its answer is served over HTTP, behind the token and within bounds, and its schema is in the reference."""
    app = create_app(bare_sources(home=Path("/moons/Phobos")), TOKEN, resources=(*RESOURCES, __name__))
    with client_of(app) as client, client_of(app, token=None) as stranger:
        assert client.get("/v1/moons").json() == {"names": ["Phobos", "Deimos"]}
        assert client.get("/v1/moons?limit=1").json() == {"names": ["Phobos"]}
        assert client.get("/v1/moons?limit=501").status_code == 422
        strange = client.get("/v1/moons?limit=1&planet=Mars")
        assert strange.status_code == 422
        assert "'planet' is no parameter of this route; it has limit" in strange.text
        assert stranger.get("/v1/moons").status_code == 401
        document = client.get("/openapi.json").json()
    answers = document["paths"]["/v1/moons"]["get"]["responses"]
    assert answers["200"]["content"]["application/json"]["schema"] == {"$ref": "#/components/schemas/Moons"}
    assert set(answers) == {"200", "401", "422", "503"}
    assert document["components"]["schemas"]["Moons"]["properties"]["names"]["description"] == "The nearest first."


def test_every_resource_is_listed() -> None:
    """No file of the folder is without its line, and none has two."""
    (folder,) = resources.__path__
    files = [f"serve.resources.{path.stem}" for path in Path(folder).glob("*.py") if path.stem != "__init__"]
    assert sorted(RESOURCES) == sorted(files)
