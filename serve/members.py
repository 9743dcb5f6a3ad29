"""Each member's probability in an answer: a schema has `probabilities`, the answer a field a member: `p_pattern`."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

from pydantic import GetJsonSchemaHandler, SerializerFunctionWrapHandler, model_serializer
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from serve.schema import Schema, plain_schema
from trading.views.members.member import PROBABILITIES, Member, by_member
from trading.views.members.registry import MEMBERS


class ByMember(Schema):
    """An answer whose `probabilities` hold what each member of the ensemble gives, by name; null where it can't say."""

    @classmethod
    @abstractmethod
    def describe(cls, member: Member) -> dict[str, Any]:
        """What the reference says of a member's field."""

    @model_serializer(mode="wrap")
    def _flat(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return by_member(handler(self))

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        schema = plain_schema(core_schema, handler)
        fields = {member.name: _field(cls.describe(member), f"P {member.name}") for member in MEMBERS}
        schema["properties"] = by_member({**schema["properties"], PROBABILITIES: fields})
        schema["required"] = list(by_member({**dict.fromkeys(schema["required"]), PROBABILITIES: fields}))
        return schema


def _field(told: dict[str, Any], title: str) -> dict[str, Any]:
    either = [{"type": "number", "maximum": 1.0, "minimum": 0.0}, {"type": "null"}]
    return {"anyOf": either, **told, "title": title.title()}
