"""DigitalOcean's specification as the judge of what goes in and out."""

from __future__ import annotations

import json
import re
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator, FormatChecker
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from cluster.simulator.messages import Json, Request, Response
from cluster.simulator.operations import CALLS
from cluster.simulator.reduction import reduce_specification

_URN = "urn:digitalocean"


class Operation:
    """One operation of the specification: its id, its scopes, and what it says of requests and answers."""

    def __init__(self, specification: Specification, path: str, raw: Json) -> None:
        self.operation_id: str = raw["operationId"]
        self.scopes: list[str] = raw["scopes"]
        self._specification, self._raw = specification, raw
        self._pattern = re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", path) + "/?$")
        self.literal = "{" not in path

    def match(self, path: str) -> dict[str, str] | None:
        """The variables of `path`, if it is a path of this operation."""
        found = self._pattern.match(path)
        return found.groupdict() if found else None

    def judge_request(self, request: Request, variables: dict[str, str]) -> list[str]:
        """What is wrong with the request, in words; empty if nothing."""
        wrong: list[str] = []
        for parameter in self._parameters:
            sent = {"query": request.query, "path": variables, "header": request.headers}[parameter["in"]]
            name = parameter["name"].lower() if parameter["in"] == "header" else parameter["name"]
            if name in sent:
                told = _typed(sent[name], self._specification.resolve(parameter["schema"]))
                wrong += self._specification.judge(told, parameter["schema"], f"{parameter['in']} {name}")
            elif parameter.get("required"):
                wrong.append(f"{parameter['in']} {name} is missing")
        if "requestBody" in self._raw:
            wrong += self._judge_body(request)
        return wrong

    def _judge_body(self, request: Request) -> list[str]:
        declared = self._specification.resolve(self._raw["requestBody"])
        if not request.body and declared.get("required"):
            return ["the body is missing"]
        # Where a body isn't required but what stands in it is, none is as wrong as an empty one.
        schema = declared["content"]["application/json"]["schema"]
        return self._specification.judge(request.json() if request.body else {}, schema, "body")

    def judge_response(self, response: Response) -> list[str]:
        """What is wrong with the answer, in words; empty if nothing."""
        if not self._specification.judges:
            return []
        answers = self._raw["responses"]
        declared = answers.get(str(response.status)) or answers.get("default")
        if declared is None or (str(response.status) not in answers and response.status < 400):  # noqa: PLR2004
            return [f"status {response.status} isn't declared"]
        content = self._specification.resolve(declared).get("content")
        if not content:
            return ["a body where none is declared"] if response.body else []
        return self._specification.judge(json.loads(response.body), content["application/json"]["schema"], "answer")

    @cached_property
    def _parameters(self) -> list[Json]:
        return [self._specification.resolve(parameter) for parameter in self._raw.get("parameters", [])]


class Specification:
    """What the simulator is judged by, or only what it answers.

    Attributes:
        judges: Whether requests and answers are compared with DigitalOcean's own document; if not, nothing is wrong.
    """

    def __init__(self, document: Json, *, judges: bool = True) -> None:
        self._document, self.judges = document, judges
        self._registry: Registry[Any] = Registry().with_resource(_URN, DRAFT202012.create_resource(document))
        self._validators: dict[str, Draft202012Validator] = {}
        self.operations = {
            (method.upper(), path): Operation(self, path, raw)
            for path, item in document["paths"].items()
            for method, raw in item.items()
        }

    @classmethod
    def read(cls, path: Path) -> Specification:
        """The judge, from DigitalOcean's own document, bundled into one file."""
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        return cls(reduce_specification(yaml.load(path.read_text(encoding="utf-8"), Loader=loader)))  # noqa: S506

    @classmethod
    def unjudged(cls) -> Specification:
        """Operations and scopes alone, where the document isn't at hand."""
        paths: dict[str, Any] = {}
        for call in CALLS:
            operation = {"operationId": call.operation_id, "scopes": list(call.scopes)}
            paths.setdefault(call.path, {})[call.method.lower()] = operation
        return cls({"paths": paths, "components": {}}, judges=False)

    def find(self, method: str, path: str) -> tuple[Operation, dict[str, str]] | None:
        """The operation for a call and the variables of its path; literal paths go before patterns."""
        found = [
            (operation, variables)
            for (its_method, _), operation in self.operations.items()
            if its_method == method and (variables := operation.match(path)) is not None
        ]
        return min(found, key=lambda pair: not pair[0].literal) if found else None

    def resolve(self, node: Json) -> Json:
        """`node`, or what it refers to."""
        while "$ref" in node:
            _, kind, name = node["$ref"].removeprefix("#/").split("/")
            node = self._document["components"][kind][name]
        return node

    def judge(self, instance: Any, schema: Json, where: str) -> list[str]:
        """Each way in which `instance` isn't what `schema` says."""
        key = json.dumps(schema, sort_keys=True)
        if key not in self._validators:
            absolute = json.loads(key.replace('"#/components', f'"{_URN}#/components'))
            self._validators[key] = Draft202012Validator(
                absolute, registry=self._registry, format_checker=FormatChecker()
            )
        return [
            f"{where}{''.join(f'/{step}' for step in error.absolute_path)}: {error.message[:300]}"
            for error in self._validators[key].iter_errors(instance)
        ]


def _typed(text: str, schema: Json) -> Any:
    """What a text of a URL or header stands for, under `schema`."""
    kinds = {schema.get("type")} | {option.get("type") for option in schema.get("anyOf", [])}
    if "integer" in kinds and re.fullmatch(r"-?\d+", text):
        return int(text)
    if "boolean" in kinds and text.lower() in ("true", "false"):
        return text.lower() == "true"
    return text
