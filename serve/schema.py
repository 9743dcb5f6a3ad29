"""What all answers share. An answer is a frozen pydantic class, units in its names, unknown = null.

A value that is not known is `None` (JSON `null`), never 0 and never NaN: the classes refuse NaN and infinity, so a
reader that lets one through fails loudly instead of printing nonsense.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, cast

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, GetJsonSchemaHandler, StringConstraints
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from trading.plain_text import fault_of

Book = Literal["rule", "hybrid", "models", "challenger", "ensemble"]
"""The paper accounts that run side by side: who decides in it. `ensemble` is the hybrid one of an earlier record."""

Symbol = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9.\-]{0,9}$")]
"""An upper-case ticker of at most ten characters."""


def _plain(text: str) -> str:
    fault = fault_of(text)
    if fault:
        raise ValueError(fault)
    return text


Text = Annotated[
    str,
    StringConstraints(strip_whitespace=True),
    AfterValidator(_plain),
    Field(json_schema_extra={"pattern": r"^[^\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]*$"}),
]
"""What a person writes, without blanks around it, control characters or invisible ones: every text that comes in."""

Probability = Annotated[float, Field(ge=0, le=1)]
"""Between 0 and 1."""


def plain_schema(core_schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
    """The JSON schema of a model as its fields say it, whatever its serializer makes of them."""
    fields = cast("CoreSchema", {key: value for key, value in core_schema.items() if key != "serialization"})
    return handler.resolve_ref_schema(handler(fields))


class Schema(BaseModel):
    """An answer: immutable, without unknown fields, without NaN or infinity."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Estimate(Schema):
    """A measured number and how sure it is. Without enough data for an interval, `low` and `high` are null."""

    value: float | None = Field(description="The point estimate; null when it can't be computed.", examples=[0.034])
    low: float | None = Field(default=None, description="Lower end of the confidence interval.", examples=[-0.041])
    high: float | None = Field(default=None, description="Upper end of the confidence interval.", examples=[0.112])


def estimate_of(value: Any) -> Estimate:
    """An estimate of the metrics module or the record as the API's own."""
    if isinstance(value, Mapping):
        return Estimate(value=value["value"], low=value["low"], high=value["high"])
    return Estimate(value=value.value, low=value.low, high=value.high)


def book_of(name: str) -> Book:
    """The account of that name."""
    return cast("Book", name)
