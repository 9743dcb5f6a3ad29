"""Problem details.

Source: RFC 9457, https://www.rfc-editor.org/rfc/rfc9457
"""

from pydantic import Field

from serve.schemas.base import Schema


class Problem(Schema):
    """What every error answers with, as application/problem+json."""

    type: str = Field(default="about:blank", description="Always about:blank: the status code says the kind.")
    title: str = Field(description="The HTTP status in words.", examples=["Unauthorized"])
    status: int = Field(examples=[401])
    detail: str = Field(description="What happened and what to do.", examples=["Send the token that the run printed."])
    instance: str = Field(description="The path that was asked for.", examples=["/v1/portfolio"])
    errors: list[str] = Field(default=[], description="What is wrong with each field, for 422.")
