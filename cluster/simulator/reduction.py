"""DigitalOcean's OpenAPI document as JSON Schema: the part that judges what the simulator is asked and answers.

What is kept: the operations that the simulator answers, with the schemas they reach. What is dropped: texts, examples
and links. What is changed: OpenAPI 3.0's `nullable` becomes JSON Schema's type `null`, so that the `jsonschema` library
can judge; whatever stands beside a `$ref` goes, as OpenAPI 3.0 ignores it.
"""

from __future__ import annotations

from typing import Any

from cluster.simulator.operations import CALLS

OPERATIONS = frozenset(call.operation_id for call in CALLS)
_METHODS = ("get", "post", "put", "patch", "delete")
_TEXTS = frozenset(
    ("description", "example", "examples", "title", "externalDocs", "summary", "links", "x-codeSamples", "default",
     "deprecated", "discriminator", "readOnly", "writeOnly", "style", "explode", "headers")
)  # fmt: skip


def reduce_specification(document: dict[str, Any]) -> dict[str, Any]:
    """The part of `document` that the simulator needs, as JSON Schema: `paths` and `components`."""
    paths: dict[str, Any] = {}
    for path, item in document["paths"].items():
        kept = {m: _operation(item[m]) for m in _METHODS if item.get(m, {}).get("operationId") in OPERATIONS}
        if kept:
            paths[path] = kept
    components: dict[str, dict[str, Any]] = {}
    waiting = _references(paths)
    while waiting:
        kind, name = waiting.pop().removeprefix("#/components/").split("/")
        if name not in components.setdefault(kind, {}):
            components[kind][name] = _schema(document["components"][kind][name])
            waiting |= _references(components[kind][name])
    return {"paths": paths, "components": components}


def _operation(operation: dict[str, Any]) -> dict[str, Any]:
    kept = {k: operation[k] for k in ("operationId", "parameters", "requestBody", "responses") if k in operation}
    scopes = [scope for way in operation.get("security", []) for scope in way.get("bearer_auth", [])]
    return {**_schema(kept), "scopes": scopes}


def _schema(node: Any, *, names: bool = False) -> Any:
    """`node` without texts and with JSON Schema's way of saying null; `names`: its keys are names, not keywords."""
    if isinstance(node, list):
        return [_schema(item) for item in node]
    if not isinstance(node, dict):
        return node
    if isinstance(node.get("$ref"), str) and not names:
        return {"$ref": node["$ref"]}
    kept = {
        key: _schema(value, names=key in ("properties", "responses", "content"))
        for key, value in node.items()
        if names or (key not in _TEXTS and key != "nullable")
    }
    if node.get("nullable") is True and not names:
        if "type" in kept:
            kept["type"] = [kept["type"], "null"]
        if "enum" in kept:
            kept["enum"] = [*kept["enum"], None]
    return kept


def _references(node: Any) -> set[str]:
    if isinstance(node, list):
        return {found for item in node for found in _references(item)}
    if not isinstance(node, dict):
        return set()
    own = {node["$ref"]} if isinstance(node.get("$ref"), str) else set()
    return own | {found for value in node.values() for found in _references(value)}
