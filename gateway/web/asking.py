"""What may be asked: query parameters, refused when they are not exactly understood."""

import re
from datetime import UTC, datetime
from typing import Annotated

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationInfo,
    WithJsonSchema,
    field_validator,
)

from codec.quantities import UNITS
from gateway.config import parse_eui

_RFC3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,6})?([Zz]|[+-]\d\d:\d\d)", re.ASCII)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def parse_time(text: object) -> int:
    """RFC 3339 as milliseconds since 1970."""
    if isinstance(text, str) and _RFC3339.fullmatch(text):
        try:
            since = datetime.fromisoformat(text.upper()) - _EPOCH
            return (since.days * 86_400 + since.seconds) * 1000 + since.microseconds // 1000
        except (ValueError, OverflowError):
            pass
    raise ValueError("expected a time such as 2026-11-22T12:00:00.000Z; a + in an offset is written %2B")


def _parse_quantity(text: object) -> str:
    if not isinstance(text, str) or text not in UNITS:
        raise ValueError(f"expected one of {', '.join(UNITS)}")
    return text


Time = Annotated[
    int,
    BeforeValidator(parse_time),
    WithJsonSchema({"type": "string", "format": "date-time", "examples": ["2026-11-22T12:00:00.000Z"]}),
]
DevEui = Annotated[
    str,
    BeforeValidator(parse_eui),
    WithJsonSchema({"type": "string", "pattern": "^[0-9a-fA-F]{16}$", "examples": ["70b3d57ed0000001"]}),
]
Quantity = Annotated[
    str, BeforeValidator(_parse_quantity), WithJsonSchema({"type": "string", "enum": list(UNITS)})
]


class PageQuery(BaseModel):
    model_config = ConfigDict(extra="forbid")

    limit: int = Field(100, ge=1, le=1000, description="at most so many entries")
    cursor: str | None = Field(None, description="`next` of the page before")


class DevicesQuery(PageQuery):
    group: str | None = Field(None, max_length=64, description="those of one group")


class Between(BaseModel):
    model_config = ConfigDict(extra="forbid")

    start: Time | None = Field(None, alias="from", description="inclusive")
    end: Time | None = Field(None, alias="to", description="exclusive")

    @field_validator("end")
    @classmethod
    def _after_start(cls, end: int | None, info: ValidationInfo) -> int | None:
        start = info.data.get("start")
        if start is not None and end is not None and end < start:
            raise ValueError("expected a time that is not before `from`")
        return end


class SpanQuery(PageQuery, Between):
    pass


class ReadingsQuery(SpanQuery):
    quantity: Quantity | None = None
    limit: int = Field(100, ge=1, le=10_000, description="at most so many entries")


class NewsQuery(BaseModel):
    model_config = ConfigDict(extra="forbid")

    site: str | None = Field(
        None, max_length=40, description="the id of a place; of all of them unless given"
    )


class UplinksQuery(SpanQuery):
    dev_eui: DevEui | None = None
