"""The interface that clients see: addresses, what they take, what they answer with."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from serve.api import create_app
from tests.fakes.answering import FakePlatform
from tests.fakes.client import TOKEN

SNAPSHOT = Path(__file__).with_name("http_schema.json")


def interface() -> str:
    """As JSON: each route's parameters, body and answer, and the fields of each schema, in the reference's order."""
    document = create_app(FakePlatform(), TOKEN).openapi()
    routes = {
        f"{method.upper()} {path}": _route(operation)
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
    }
    schemas = document["components"]["schemas"]
    fields = {name: " ".join(schema.get("properties", {})) for name, schema in schemas.items()}
    return json.dumps({"routes": routes, "schemas": fields}, indent=1) + "\n"


def _route(operation: dict[str, Any]) -> str:
    """For example `symbol limit -> News`."""
    takes = [parameter["name"] for parameter in operation.get("parameters", [])]
    takes += _named(operation.get("requestBody", {}))
    return f"{' '.join(takes)} -> {' '.join(_named(operation['responses']['200']))}".strip()


def _named(part: dict[str, Any]) -> list[str]:
    """The schemas that a body or an answer names; its media type where it names none."""
    found = []
    for media_type, content in part.get("content", {}).items():
        schema = content.get("schema", {})
        references = [one["$ref"] for one in (schema, *schema.get("anyOf", ())) if "$ref" in one]
        found += [reference.rsplit("/", 1)[1] for reference in references] or [media_type]
    return found


def test_clients_see_the_interface_that_is_on_record() -> None:
    """A client written against http_schema.json goes on working; a change of it is seen by whoever makes it."""
    assert interface() == SNAPSHOT.read_text(encoding="utf-8"), (
        "The HTTP interface is not the one in http_schema.json. If clients should see this change, renew the file with "
        "`python -m tests.unit.serve.test_http_schema` and read what became different in it."
    )


if __name__ == "__main__":
    SNAPSHOT.write_text(interface(), encoding="utf-8")
