"""The figures of accounts in answers: a schema has `measures`, the answer a field for each metric of the registry."""

from __future__ import annotations

import json
from abc import abstractmethod
from typing import Any

from pydantic import GetJsonSchemaHandler, SerializerFunctionWrapHandler, model_serializer
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from serve.schema import Schema, plain_schema
from trading.performance.metric import Metric
from trading.performance.metrics.registry import counts_last, in_every_report, targets

MEASURES = "measures"


class ByMetric(Schema):
    """An answer whose `measures` hold the figure of each metric, by name."""

    @classmethod
    def metrics(cls) -> tuple[Metric[Any], ...]:
        """Those that it has, in the order of its fields."""
        return counts_last(in_every_report())

    @classmethod
    @abstractmethod
    def describe(cls, metric: Metric[Any], value: JsonSchemaValue) -> JsonSchemaValue:
        """What the reference says of a metric's field.

        Args:
            metric: of the field.
            value: the schema of all values of `measures`.
        """

    @model_serializer(mode="wrap")
    def _flat(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        told = handler(self)
        return _spread(told, told[MEASURES])

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        schema = plain_schema(core_schema, handler)
        value = schema["properties"][MEASURES]["additionalProperties"]
        fields = {metric.name: cls.describe(metric, value) for metric in cls.metrics()}
        schema["properties"] = _spread(schema["properties"], fields)
        schema["required"] = list(_spread(dict.fromkeys(schema["required"]), fields))
        return schema


def _spread(told: dict[str, Any], measures: dict[str, Any]) -> dict[str, Any]:
    """The same with the measures in the place of the one value that holds them all."""
    out: dict[str, Any] = {}
    for name, value in told.items():
        out |= measures if name == MEASURES else {name: value}
    return out


class WithTarget:
    """Marks a text that names a metric with a target; the reference lists them as they are when it is made."""

    def __get_pydantic_json_schema__(self, _: CoreSchema, __: GetJsonSchemaHandler) -> JsonSchemaValue:
        names = [metric.name for metric, _ in targets()]
        return {"type": "string", "enum": list(dict.fromkeys([*names, "accuracy", "total_return"]))}


def measures_script() -> str:
    """The metrics as a JavaScript module, from which the dashboard makes a row each."""
    told = [
        {"name": metric.name, "title": metric.short or metric.title, "unit": metric.unit}
        for metric in counts_last(in_every_report())
    ]
    return f"export const MEASURES = {json.dumps(told, indent=1)};\n"
