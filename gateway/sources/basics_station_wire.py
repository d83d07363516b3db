"""The LNS protocol of LoRa Basics Station (version 2) for class A as JSON texts: both ends, no socket.

A frame travels in its parts and is put together again here, so that both ends see what was on the air.
`xtime` is a 64-bit integer beyond what a float can hold. What the peer got wrong raises WireError.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

from codec.lorawan.regions import Region
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

DISCOVERY_PATH = "/router-info"
PROTOCOL = 2

_DATA_RATES = 16
_UNDEFINED = (-1, 0, 0)
_FSK = (0, 0, 0)
_RADIO_SPAN_HZ = 400_000  # how far a channel may lie from the middle of its radio


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
    """A frame that the station received (updf, jreq, propdf). `gps_us` None without GPS time."""

    phy: bytes
    data_rate: int
    hz: int
    context: Context
    rssi_dbm: float | None
    snr_db: float | None
    rx_time_s: float | None = None
    gps_us: int | None = None


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
    """Asked by the station with its own time, answered with it and the GPS time."""

    tx_time: float
    gps_us: int | None = None


@dataclass(frozen=True, slots=True)
class RouterConfig:
    """What the LNS tells a station to receive with. `data_rates`: (SF, bandwidth in kHz, downlink only)."""

    region: str
    data_rates: tuple[tuple[int, int, int], ...]
    channels: tuple[tuple[int, int, int], ...]  # Hz, lowest and highest data rate
    max_eirp_dbm: float


@dataclass(frozen=True, slots=True)
class Order:
    """dnmsg: transmit `phy` in the first window that can be had, RX2 a second after RX1."""

    dev_eui: str
    diid: int
    phy: bytes
    rx_delay_s: int
    rx1: Window | None
    rx2: Window | None
    context: Context
    priority: int = 0


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
        {**parts(said.phy), "RefTime": 0.0, "DR": said.data_rate, "Freq": said.hz, "upinfo": upinfo}
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


def router_config(said: RouterConfig, mux_time_s: float) -> str:
    radios = _radios([hz for hz, _, _ in said.channels])
    return text_of(
        {
            "msgtype": "router_config",
            "NetID": None,
            "JoinEui": None,
            "region": said.region,
            "hwspec": "sx1301/1",
            "freq_range": [863_000_000, 870_000_000],
            "DRs": [list(row) for row in said.data_rates],
            "sx1301_conf": [radios],
            "upchannels": [list(row) for row in said.channels],
            "max_eirp": said.max_eirp_dbm,
            "bcning": None,
            "MuxTime": mux_time_s,
        }
    )


def order(said: Order, mux_time_s: float) -> str:
    windows: dict[str, int] = {}
    for name, window in (("RX1", said.rx1), ("RX2", said.rx2)):
        if window:
            windows |= {f"{name}DR": window.data_rate, f"{name}Freq": window.hz}
    return text_of(
        {
            "msgtype": "dnmsg",
            "DevEui": dashed(said.dev_eui),
            "dC": 0,
            "diid": said.diid,
            "pdu": said.phy.hex(),
            "priority": said.priority,
            "RxDelay": said.rx_delay_s,
            **windows,
            "rctx": said.context.rctx,
            "xtime": said.context.xtime,
            "MuxTime": mux_time_s,
        }
    )


def read_from_server(text: str | bytes) -> FromServer | None:
    """None for the kinds of messages that do not concern us."""
    fields = object_of(text)
    read = _FROM_SERVER.get(short_text(fields, "msgtype"))
    return read(fields) if read else None


def time_sync(said: TimeSync) -> str:
    gps = {} if said.gps_us is None else {"gpstime": said.gps_us}
    return text_of({"msgtype": "timesync", "txtime": said.tx_time, **gps})


def config_of(region: Region, channels_hz: tuple[int, ...]) -> RouterConfig:
    """The region's table, with `channels_hz` on all data rates of 125 kHz."""
    rates = [_row(rate) for rate in region.data_rates]
    rates += [_FSK] * (len(rates) == 7)  # DR7 of the dynamic plans
    rates += [_UNDEFINED] * (_DATA_RATES - len(rates))
    high = max(place for place, (sf, khz, _) in enumerate(rates) if sf > 0 and khz == 125)
    channels = tuple((hz, 0, high) for hz in channels_hz)
    return RouterConfig(region.name, tuple(rates), channels, float(max(band[3] for band in region.sub_bands)))


def _row(rate: Any) -> tuple[int, int, int]:
    return (rate[0], rate[1] // 1000, 0) if rate else _UNDEFINED


def _radios(channels_hz: list[int]) -> dict[str, Any]:
    """The two radios of an SX1301 and the distances of eight channels from them."""
    conf: dict[str, Any] = {"chan_FSK": {"enable": False}, "chan_Lora_std": {"enable": False}}
    middles: list[int] = []
    for place, hz in enumerate(channels_hz):
        radio = next((at for at, mid in enumerate(middles) if abs(hz - mid) <= _RADIO_SPAN_HZ), len(middles))
        if radio == len(middles):
            middles.append(hz + _RADIO_SPAN_HZ)
        conf[f"chan_multiSF_{place}"] = {"enable": True, "radio": radio, "if": hz - middles[radio]}
    if len(middles) > 2 or len(channels_hz) > 8:
        raise ValueError("more channels than the two radios of a gateway receive")
    conf |= {f"chan_multiSF_{place}": {"enable": False} for place in range(len(channels_hz), 8)}
    conf |= {
        f"radio_{at}": {"enable": True, "freq": middles[at]} if at < len(middles) else {"enable": False}
        for at in range(2)
    }
    return conf


def _read_heard(fields: dict[str, Any]) -> Heard:
    info = fields.get("upinfo")
    if not isinstance(info, dict):
        raise WireError("upinfo is not an object")
    return Heard(
        phy=FRAMES[fields["msgtype"]](fields),
        data_rate=integer(fields, "DR", 0, _DATA_RATES - 1),
        hz=integer(fields, "Freq", 1, 10**10),
        context=_context(info),
        rssi_dbm=number(info, "rssi"),
        snr_db=number(info, "snr"),
        rx_time_s=number(info, "rxtime"),
        gps_us=integer(info, "gpstime", 0, 1 << 62, 0) or None,
    )


def _read_version(fields: dict[str, Any]) -> Version:
    texts = {
        name: short_text(fields, name, "") for name in ("station", "model", "firmware", "package", "features")
    }
    return Version(protocol=integer(fields, "protocol", 0, 255, PROTOCOL), **texts)


def _read_sent(fields: dict[str, Any]) -> Sent:
    window = Window(integer(fields, "DR", 0, _DATA_RATES - 1), integer(fields, "Freq", 1, 10**10))
    diid = integer(fields, "diid", -(1 << 63), (1 << 63) - 1)
    return Sent(diid, eui(fields, "DevEui"), window, _context(fields), number(fields, "txtime"))


def _read_time_sync(fields: dict[str, Any]) -> TimeSync:
    gps_us = integer(fields, "gpstime", 0, 1 << 62, 0) or None
    return TimeSync(number(fields, "txtime") or 0.0, gps_us)


def _read_config(fields: dict[str, Any]) -> RouterConfig:
    rates = _rows(fields, "DRs", _DATA_RATES)
    return RouterConfig(
        short_text(fields, "region"),
        rates,
        _rows(fields, "upchannels", 64),
        number(fields, "max_eirp") or 0.0,
    )


def _read_order(fields: dict[str, Any]) -> Order:
    if integer(fields, "dC", 0, 2) != 0:
        raise WireError("dC is not 0: only class A is served")
    return Order(
        dev_eui=eui(fields, "DevEui"),
        diid=integer(fields, "diid", -(1 << 63), (1 << 63) - 1),
        phy=binary(fields, "pdu"),
        rx_delay_s=integer(fields, "RxDelay", 0, 15) or 1,
        rx1=_window(fields, "RX1"),
        rx2=_window(fields, "RX2"),
        context=_context(fields),
        priority=integer(fields, "priority", 0, 255, 0),
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
    "router_config": _read_config,
    "dnmsg": _read_order,
    "timesync": _read_time_sync,
}


def _window(fields: dict[str, Any], name: str) -> Window | None:
    if fields.get(f"{name}DR") is None:
        return None
    rate = integer(fields, f"{name}DR", 0, _DATA_RATES - 1)
    return Window(rate, integer(fields, f"{name}Freq", 1, 10**10))


def _context(fields: dict[str, Any]) -> Context:
    limit = (1 << 63) - 1
    return Context(integer(fields, "rctx", -limit, limit, 0), integer(fields, "xtime", -limit, limit))


def _rows(fields: dict[str, Any], name: str, most: int) -> tuple[tuple[int, int, int], ...]:
    rows = fields.get(name)
    if not isinstance(rows, list) or not 0 < len(rows) <= most:
        raise WireError(f"{name} is not a list of 1 to {most} rows")
    for row in rows:
        if not isinstance(row, list) or len(row) != 3 or not all(type(each) is int for each in row):
            raise WireError(f"{name} has a row that is not of three integers")
    return tuple((row[0], row[1], row[2]) for row in rows)
