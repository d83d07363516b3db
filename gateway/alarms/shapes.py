"""The shapes of the HTTP answers on alarms, marks and notifications."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from gateway.alarms.records import Kind
from gateway.alarms.rules import Confirm, Measure
from gateway.web.shapes import Eui, Instant, Number


class _Shape(BaseModel):
    """Every field is always present; unknown is null."""

    model_config = ConfigDict(extra="forbid")


class _Answer(_Shape):
    now: Instant = Field(description="the server's clock: ages are reckoned from it")


class Alarm(_Shape):
    """`value` is what raised it, `peak` the highest since. What is not public is null without a token."""

    id: int
    kind: Kind = Field(description="node: a mark that only the node knows")
    site_id: str | None
    site_name: str | None
    dev_eui: Eui | None
    gateway_id: str | None
    quantity: str | None
    unit: str | None
    mark_id: int | None
    mark_name: str | None
    mark_value: Number | None
    value: Number | None
    peak: Number | None
    measured_at: Instant = Field(description="of a silence: when it was last heard")
    raised_at: Instant
    cleared_at: Instant | None
    acknowledged_at: Instant | None = Field(description="null for those without a token")
    acknowledged_by: str | None = Field(description="null for those without a token")
    drill: bool


class Alarms(_Answer):
    next: str | None = Field(description="the `cursor` of the next page; null on the last one")
    alarms: list[Alarm] = Field(description="the newest first")


class Notice(_Shape):
    """What somebody was told, or is still to be told."""

    target: str
    step: Literal["raised", "cleared"]
    due_at: Instant
    sent_at: Instant | None
    failures: int
    reason: str | None = Field(description="why it has not been sent yet")


class OneAlarm(_Answer):
    alarm: Alarm
    notices: list[Notice]


class Mark(_Shape):
    """One row of one mark; rows are ended and followed, never changed."""

    id: int
    site_id: str
    quantity: str
    unit: str
    measure: Measure = Field(description="value, or its rise per hour")
    name: str
    value: Number
    hysteresis: Number
    confirm: Confirm
    source: str
    valid_from: Instant
    valid_to: Instant | None


class NodeMarks(_Shape):
    """The marks that a node watches by itself, as distances; `is_confirmed` once it has said so."""

    dev_eui: Eui
    hysteresis_mm: int
    distances_mm: list[int]
    is_confirmed: bool


class Marks(_Answer):
    marks: list[Mark] = Field(description="by quantity, the lowest first")
    nodes: list[NodeMarks] = Field(description="empty for those without a token")


class Notification(_Shape):
    """Who is told of what. The URL is never told again."""

    name: str
    language: Literal["de", "en"]
    site_id: str | None = Field(description="null for all sites")
    kind: Kind | None = Field(description="null for all kinds")
    after_s: int


class Notifications(_Answer):
    notifications: list[Notification]


class Done(_Answer):
    """The number of what was made or changed."""

    id: int
