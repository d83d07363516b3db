"""The LNS protocol of LoRa Basics Station (version 2) for classes A and C: texts of both ends, no socket.

A frame travels in its parts and is put together again here, so that both ends see what was on the air.
`xtime` is a 64-bit integer beyond what a float can hold. What the peer got wrong raises WireError.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

from codec.wire import WireError
from gateway.sources.basics_station_parts import (
    FRAMES,
    binary,
    dashed,
    eui,
    integer,
    number,
    object_of,
    parts,
    short_text,
    text_of,
)
from gateway.sources.basics_station_plan import DATA_RATES, read_router_config
from gateway.sources.basics_station_plan import RouterConfig as RouterConfig

DISCOVERY_PATH = "/router-info"
PROTOCOL = 2

_CLASS_A = 0
_CLASS_C = 2


class Context(NamedTuple):
    """Where and when a station received: given back as it is in the downlink that answers."""

    rctx: int
    xtime: int


class Window(NamedTuple):
    """A receive window's data rate, as a place in the region's table, and frequency."""

    data_rate: int
    hz: int


@dataclass(frozen=True, slots=True)
class Version:
    """The station's first message on its connection."""

    station: str
    model: str
    protocol: int
    firmware: str = ""
    package: str = ""
    features: str = ""


@dataclass(frozen=True, slots=True)
class Heard:
    """A frame that the station received (updf, jreq, propdf). `gps_us` None without GPS time.

    `ref_time_s` is the server's own MuxTime and what has passed since: behind by the round trip.
    """

    phy: bytes
    data_rate: int
    hz: int
    context: Context
    rssi_dbm: float | None
    snr_db: float | None
    rx_time_s: float | None = None
    gps_us: int | None = None
    ref_time_s: float | None = None


@dataclass(frozen=True, slots=True)
class Sent:
    """dntxed: the station has transmitted; what it could not transmit it passes over in silence."""

    diid: int
    dev_eui: str
    window: Window
    context: Context
    tx_time_s: float | None = None


@dataclass(frozen=True, slots=True)
class TimeSync:
    """Asked by the station with its own time, answered with it and the GPS time; or unasked with MuxTime."""

    tx_time: float | None
    gps_us: int | None = None
    mux_time_s: float | None = None


@dataclass(frozen=True, slots=True)
class Order:
    """dnmsg: transmit `phy` in the first window that can be had, RX2 a second after RX1.

    Without `context` it is for a node that listens all the time (class C): at once, in RX2.
    """

    dev_eui: str
    diid: int
    phy: bytes
    rx_delay_s: int
    rx1: Window | None
    rx2: Window | None
    context: Context | None
    priority: int = 0
    mux_time_s: float | None = None


FromStation = Version | Heard | Sent | TimeSync
FromServer = RouterConfig | Order | TimeSync


# Discovery: a station asks at DISCOVERY_PATH which connection to open.


def question(station: str) -> str:
    return text_of({"router": ":".join(station[at : at + 4] for at in range(0, 16, 4))})


def read_question(text: str | bytes) -> str:
    """The station's EUI; it is told as an ID6, with dashes or as a number."""
    return eui(object_of(text), "router")


def answer(station: str, uri: str) -> str:
    """`uri` names port and path in full."""
    return text_of({"router": dashed(station), "muxs": dashed("0" * 16), "uri": uri})


def refusal(station: str, error: str) -> str:
    return text_of({"router": dashed(station), "error": error})


def read_answer(text: str | bytes) -> str:
    """Where to connect; WireError with the LNS's own words when it does not want this station."""
    fields = object_of(text)
    if isinstance(fields.get("error"), str):
        raise WireError(f"the LNS refuses: {fields['error'][:100]}")
    uri = fields.get("uri")
    if not isinstance(uri, str) or not re.fullmatch(r"wss?://[^/]+:\d{1,5}/.*", uri):
        raise WireError("uri is not ws:// or wss:// with port and path")
    return uri


# From the station.


def version(said: Version) -> str:
    return text_of(
        {
            "msgtype": "version",
            "station": said.station,
            "firmware": said.firmware,
            "package": said.package,
            "model": said.model,
            "protocol": said.protocol,
            "features": said.features,
        }
    )


def heard(said: Heard) -> str:
    upinfo = {
        "rctx": said.context.rctx,
        "xtime": said.context.xtime,
        "gpstime": said.gps_us or 0,
        "fts": -1,
        "rssi": said.rssi_dbm,
        "snr": said.snr_db,
        "rxtime": said.rx_time_s,
    }
    return text_of(
        {
            **parts(said.phy),
            "RefTime": said.ref_time_s or 0.0,
            "DR": said.data_rate,
            "Freq": said.hz,
            "upinfo": upinfo,
        }
    )


def sent(said: Sent) -> str:
    return text_of(
        {
            "msgtype": "dntxed",
            "seqno": said.diid,
            "diid": said.diid,
            "DR": said.window.data_rate,
            "Freq": said.window.hz,
            "DevEui": dashed(said.dev_eui),
            "rctx": said.context.rctx,
            "xtime": said.context.xtime,
            "txtime": said.tx_time_s,
            "gpstime": 0,
        }
    )


def read_from_station(text: str | bytes) -> FromStation | None:
    """None for the kinds of messages that do not concern us."""
    fields = object_of(text)
    read = _FROM_STATION.get(short_text(fields, "msgtype"))
    return read(fields) if read else None


# From the server.


def order(said: Order) -> str:
    windows: dict[str, int] = {}
    for name, window in (("RX1", said.rx1), ("RX2", said.rx2)):
        if window:
            windows |= {f"{name}DR": window.data_rate, f"{name}Freq": window.hz}
    return text_of(
        {
            "msgtype": "dnmsg",
            "DevEui": dashed(said.dev_eui),
            "dC": _CLASS_A if said.context else _CLASS_C,
            "diid": said.diid,
            "pdu": said.phy.hex(),
            "priority": said.priority,
            "RxDelay": said.rx_delay_s,
            **windows,
            **(said.context._asdict() if said.context else {}),
            "MuxTime": said.mux_time_s,
        }
    )


def read_from_server(text: str | bytes) -> FromServer | None:
    """None for the kinds of messages that do not concern us."""
    fields = object_of(text)
    read = _FROM_SERVER.get(short_text(fields, "msgtype"))
    return read(fields) if read else None


def time_sync(said: TimeSync) -> str:
    told = {"txtime": said.tx_time, "gpstime": said.gps_us, "MuxTime": said.mux_time_s}
    return text_of(
        {"msgtype": "timesync"} | {name: value for name, value in told.items() if value is not None}
    )


def _read_heard(fields: dict[str, Any]) -> Heard:
    info = fields.get("upinfo")
    if not isinstance(info, dict):
        raise WireError("upinfo is not an object")
    return Heard(
        phy=FRAMES[fields["msgtype"]](fields),
        data_rate=integer(fields, "DR", 0, DATA_RATES - 1),
        hz=integer(fields, "Freq", 1, 10**10),
        context=_context(info),
        rssi_dbm=number(info, "rssi"),
        snr_db=number(info, "snr"),
        rx_time_s=number(info, "rxtime"),
        gps_us=integer(info, "gpstime", 0, 1 << 62, 0) or None,
        ref_time_s=number(fields, "RefTime") or None,
    )


def _read_version(fields: dict[str, Any]) -> Version:
    texts = {
        name: short_text(fields, name, "") for name in ("station", "model", "firmware", "package", "features")
    }
    return Version(protocol=integer(fields, "protocol", 0, 255, PROTOCOL), **texts)


def _read_sent(fields: dict[str, Any]) -> Sent:
    window = Window(integer(fields, "DR", 0, DATA_RATES - 1), integer(fields, "Freq", 1, 10**10))
    diid = integer(fields, "diid", -(1 << 63), (1 << 63) - 1)
    return Sent(diid, eui(fields, "DevEui"), window, _context(fields), number(fields, "txtime"))


def _read_time_sync(fields: dict[str, Any]) -> TimeSync:
    gps_us = integer(fields, "gpstime", 0, 1 << 62, 0) or None
    tx_time = number(fields, "txtime")
    if tx_time is not None and tx_time.is_integer():
        tx_time = int(tx_time)  # a station reads no other number back
    return TimeSync(tx_time, gps_us, number(fields, "MuxTime"))


def _read_order(fields: dict[str, Any]) -> Order:
    kind = integer(fields, "dC", 0, 2)
    if kind not in (_CLASS_A, _CLASS_C):
        raise WireError("dC is 1: class B is not served")
    return Order(
        dev_eui=eui(fields, "DevEui"),
        diid=integer(fields, "diid", -(1 << 63), (1 << 63) - 1),
        phy=binary(fields, "pdu"),
        rx_delay_s=integer(fields, "RxDelay", 0, 15) or 1,
        rx1=_window(fields, "RX1"),
        rx2=_window(fields, "RX2"),
        context=_context(fields) if kind == _CLASS_A else None,
        priority=integer(fields, "priority", 0, 255, 0),
        mux_time_s=number(fields, "MuxTime"),
    )


_FROM_STATION: dict[str, Callable[[dict[str, Any]], FromStation]] = {
    "version": _read_version,
    "updf": _read_heard,
    "jreq": _read_heard,
    "propdf": _read_heard,
    "dntxed": _read_sent,
    "timesync": _read_time_sync,
}
_FROM_SERVER: dict[str, Callable[[dict[str, Any]], FromServer]] = {
    "router_config": read_router_config,
    "dnmsg": _read_order,
    "timesync": _read_time_sync,
}


def _window(fields: dict[str, Any], name: str) -> Window | None:
    if fields.get(f"{name}DR") is None:
        return None
    rate = integer(fields, f"{name}DR", 0, DATA_RATES - 1)
    return Window(rate, integer(fields, f"{name}Freq", 1, 10**10))


def _context(fields: dict[str, Any]) -> Context:
    limit = (1 << 63) - 1
    return Context(integer(fields, "rctx", -limit, limit, 0), integer(fields, "xtime", -limit, limit))
