"""The shapes of the HTTP answers: what /openapi.json describes and what the event stream carries."""

from datetime import date, timedelta
from functools import lru_cache
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer, WithJsonSchema

_EPOCH = date(1970, 1, 1)


def instant(time_ms: int) -> str:
    """Milliseconds since 1970 as `2026-11-22T12:00:00.000Z`."""
    days, ms = divmod(time_ms, 86_400_000)
    return _day(days) + _time(ms // 1000) + f"{ms % 1000:03}Z"


@lru_cache(4096)
def _day(days: int) -> str:
    return f"{_EPOCH + timedelta(days)}T"


@lru_cache(4096)
def _time(second: int) -> str:
    return f"{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}."


def plain(number: float) -> int | float:
    """12.0 goes out as 12: the store keeps all values as REAL."""
    return int(number) if number.is_integer() else number


Instant = Annotated[
    int,
    PlainSerializer(instant, return_type=str),
    WithJsonSchema({"type": "string", "format": "date-time", "examples": ["2026-11-22T12:00:00.000Z"]}),
]
Number = Annotated[float, PlainSerializer(plain), WithJsonSchema({"type": "number"})]
Eui = Annotated[str, Field(pattern="^[0-9a-f]{16}$", examples=["70b3d57ed0000001"])]
DevAddr = Annotated[str, Field(pattern="^[0-9a-f]{8}$", examples=["26011bda"])]
Hex = Annotated[str, Field(pattern="^([0-9a-f]{2})*$", examples=["8518"])]


class Shape(BaseModel):
    """Every field is always present; unknown is null."""

    model_config = ConfigDict(extra="forbid")


class LastReading(Shape):
    """The newest value of one quantity; `value` is null exactly when `fault` names why."""

    quantity: str
    value: Number | None
    unit: str
    fault: str | None
    flag: Literal[1, 2, 3, 4, 9] = Field(
        description="QARTOD: 1 pass, 2 not judged, 3 suspect, 4 fail, 9 missing"
    )
    time: Instant = Field(description="when the node measured it")


class Reading(LastReading):
    """One value of one quantity, and the uplink that brought it."""

    dev_eui: Eui
    uplink_id: str


class Device(Shape):
    """A registered node. Without a session in use `dev_addr` and `fcnt_up` are null."""

    dev_eui: Eui
    name: str
    group: str | None
    activation: Literal["otaa", "abp", "lns"] = Field(description="lns: another server has its keys")
    dev_addr: DevAddr | None
    joined_at: Instant | None = Field(description="null for ABP, which never joins")
    last_seen: Instant | None = Field(description="when its last uplink was heard")
    fcnt_up: int | None
    last: list[LastReading] = Field(description="one entry per quantity, in the order of the registry")


class Reception(Shape):
    """One gateway's hearing of an uplink."""

    gateway_id: str = Field(description="its EUI, or its name where an LNS tells none")
    rssi_dbm: Number | None
    snr_db: Number | None
    frequency_hz: int | None
    data_rate: str | None
    tmst: int | None


class Uplink(Shape):
    """A frame that passed MIC and counter. `decoded` is null until tried, `error` says why it failed."""

    id: str
    dev_eui: Eui
    dev_addr: DevAddr | None
    session_id: int
    fcnt: int
    fport: int | None
    confirmed: bool
    received_at: Instant
    payload: Hex = Field(description="decrypted")
    decoded: bool | None
    error: str | None
    receptions: list[Reception]


class Answer(Shape):
    now: Instant = Field(description="the server's clock: ages are reckoned from it")


class Page(Answer):
    next: str | None = Field(description="the `cursor` of the next page; null on the last one")


class Devices(Page):
    devices: list[Device]


class OneDevice(Answer):
    device: Device


class Group(Shape):
    name: str
    devices: int


class Groups(Answer):
    groups: list[Group]


class Readings(Page):
    readings: list[Reading] = Field(description="ascending by time")


class PublicReading(LastReading):
    """Which node and which frame is told to those with a token; for all others null."""

    dev_eui: Eui | None
    uplink_id: str | None
    over_nhn_mm: Number | None = Field(
        description="of a level, by the gauge zero of its time, where that may be told"
    )


class PublicReadings(Page):
    readings: list[PublicReading] = Field(description="ascending by time")


class Uplinks(Page):
    uplinks: list[Uplink] = Field(description="ascending by received_at")


class Refused(Shape):
    malformed: int
    crc: int
    mic: int
    replay: int
    unknown_device: int
    dev_nonce: int
    unknown_gateway: int = Field(description="datagrams and connections of gateways that are not listed")
    conflict: int = Field(description="a second address spoke for a gateway while the first went on")
    unauthorized: int = Field(description="stations with a wrong token or certificate")
    transmission: int = Field(description="downlinks that a gateway would not send")
    tmst: int = Field(description="frames, taken all the same, whose gateway does not count microseconds")


class Counts(Shape):
    """Since the start of the gateway."""

    datagrams: int
    joins: int
    uplinks: int
    duplicates: int
    repetitions: int
    undecoded: int
    downlinks: int
    second_windows: int = Field(description="downlinks that went to RX2")
    unanswered: int = Field(description="frames that no gateway could answer in time")
    unacknowledged: int = Field(description="PUSH_DATA that were not committed, or not within 80 ms")
    dropped: int = Field(description="datagrams that came faster than they were read")
    refused: Refused


class Health(Answer):
    status: Literal["ok", "failed"] = Field(description="failed: the store cannot be read")
    version: str
    uptime_s: int
    counters: Counts | None = Field(description="null for clients that do not come over loopback")


class Cause(Shape):
    name: str = Field(description="the parameter")
    reason: str


class Problem(Answer):
    """RFC 9457 problem details; `detail` says what to do next."""

    type: Literal["about:blank"]
    title: str
    status: int
    detail: str
    errors: list[Cause] = Field(description="one entry per refused parameter")
