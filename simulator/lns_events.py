"""What an LNS tells of the frames of a run: events as ChirpStack v4 and The Things Stack v3 write them.

Both write JSON as protobuf does: what is zero, false or empty is left out, and wide integers are texts.
"""

import base64
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, NamedTuple

from codec.lorawan import airtime, frames, regions
from codec.wire import WireError
from simulator.eventlog import Event, Take
from simulator.keyring import Keyring

_REGION = regions.REGIONS["EU868"]
_TMST_MODULUS = 1 << 32
_WAITING = 100  # frames kept until their session is known
TENANT = "messfunk"


def iso(at_us: int) -> str:
    return datetime.fromtimestamp(at_us / 1e6, UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


class Opened(NamedTuple):
    """An uplink whose MIC fits, in the clear."""

    event: Event
    dev_eui: str
    frame: frames.DataFrame
    fcnt: int
    payload: bytes


class Joined(NamedTuple):
    """A node's request has been answered, and the session is in use."""

    event: Event
    dev_eui: str
    dev_addr: int


class Told(NamedTuple):
    """A message of the LNS; `kind` is up, join, or what became of an order."""

    node: str
    kind: str
    topic: str
    body: dict[str, Any]


class Dialect(NamedTuple):
    up: Callable[[Opened, str], dict[str, Any]]
    join: Callable[[Joined, str], dict[str, Any]]
    topic: Callable[[str, str, str], str]  # application, DevEUI, kind


class Opener:
    """Follows a run as its LNS: opens each frame that a gateway heard, once, and tells of it in its dialect.

    A session is known from the end of the wake in which it began; until then its frames wait.
    """

    def __init__(self, dialect: Dialect, application: str, keyring: Keyring, tell: Callable[[Told], None]):
        self._dialect = dialect
        self._application = application
        self._keyring = keyring
        self._tell = tell
        self._nodes: dict[str, str] = {}
        self._fcnt: dict[int, int] = {}
        self._requests: dict[str, Event] = {}  # by node: a join-request not yet seen answered
        self._waiting: list[Event] = []

    def take(self, event: Event) -> None:
        if event["event"] == "node":
            self._nodes[event["name"]] = event["dev_eui"]
        elif event["event"] == "wake":
            self._join(event["node"])
            waiting, self._waiting = self._waiting, []
            for earlier in waiting:
                self._open(earlier)
        elif event["event"] == "up" and event["heard"]:
            self._open(event)

    def _open(self, event: Event) -> None:
        try:
            frame = frames.parse(event["phy"])
        except WireError:
            if event["node"] in self._nodes:
                self._requests[event["node"]] = event
            return
        keys = self._keyring.of_address(frame.dev_addr)
        if keys is None:
            self._waiting = [*self._waiting[-_WAITING:], event]
            return
        fcnt = frames.full_fcnt(self._fcnt.get(frame.dev_addr, -1), frame.fcnt)
        if not frames.mic_fits(event["phy"], keys.nwk_s_key, fcnt):
            return
        self._fcnt[frame.dev_addr] = fcnt
        payload = frames.open_payload(frame, keys.nwk_s_key, keys.app_s_key, fcnt)
        node = event["node"]
        opened = Opened(event, self._nodes.get(node, ""), frame, fcnt, payload)
        self._say(node, "up", opened.dev_eui, self._dialect.up(opened, node))

    def _join(self, node: str) -> None:
        """A wake that asked to join is over: whether it has joined shows in the keys it has."""
        event = self._requests.pop(node, None)
        keys = self._keyring.of_node(node)
        if event and keys and keys.dev_addr not in self._fcnt:
            self._fcnt[keys.dev_addr] = -1
            joined = Joined(event, self._nodes[node], keys.dev_addr)
            self._say(node, "join", joined.dev_eui, self._dialect.join(joined, node))

    def _say(self, node: str, kind: str, dev_eui: str, body: dict[str, Any]) -> None:
        self._tell(Told(node, kind, self._dialect.topic(self._application, dev_eui, kind), body))


def _chirpstack_up(opened: Opened, node: str) -> dict[str, Any]:
    event, frame = opened.event, opened.frame
    lora = {"bandwidth": event["bw"], "spreadingFactor": event["sf"], "codeRate": "CR_4_5"}
    return _sparse(
        {
            "deduplicationId": _id(event, "up"),
            "time": iso(event["t"]),
            "deviceInfo": device_info(node, opened.dev_eui),
            "devAddr": f"{frame.dev_addr:08x}",
            "adr": bool(frame.fctrl & frames.ADR),
            "dr": regions.data_rate_of(_REGION, event["sf"], event["bw"]),
            "fCnt": opened.fcnt,
            "fPort": frame.fport or 0,
            "confirmed": frame.mtype == frames.CONFIRMED_UP,
            "data": base64.b64encode(opened.payload).decode(),
            "rxInfo": [_rx_info(event, eui, rssi, snr) for eui, (rssi, snr) in event["heard"].items()],
            "txInfo": {"frequency": event["hz"], "modulation": {"lora": lora}},
            "regionConfigId": "eu868",
        }
    )


def _rx_info(event: Event, eui: str, rssi_dbm: int, snr_db: float) -> dict[str, Any]:
    tmst = event["t"] % _TMST_MODULUS
    return {
        "gatewayId": eui,
        "uplinkId": int(uuid.UUID(_id(event, eui))) & 0xFFFFFFFF,
        "nsTime": iso(event["t"]),
        "rssi": rssi_dbm,
        "snr": snr_db,
        "context": base64.b64encode(tmst.to_bytes(4, "big")).decode(),
        "metadata": {"region_name": "eu868", "region_common_name": _REGION.name},
        "crcStatus": "CRC_OK",
    }


def _chirpstack_join(joined: Joined, node: str) -> dict[str, Any]:
    return {
        "deduplicationId": _id(joined.event, "join"),
        "time": iso(joined.event["t"]),
        "deviceInfo": device_info(node, joined.dev_eui),
        "devAddr": f"{joined.dev_addr:08x}",
        "regionConfigId": "eu868",
    }


def device_info(node: str, dev_eui: str) -> dict[str, Any]:
    names = ("tenant", "application", "deviceProfile")
    ids = {f"{name}Id": str(uuid.uuid5(uuid.NAMESPACE_OID, f"messfunk {name}")) for name in names}
    return ids | {f"{name}Name": TENANT for name in names} | {"deviceName": node, "devEui": dev_eui}


def _tts_up(opened: Opened, node: str) -> dict[str, Any]:
    event, frame = opened.event, opened.frame
    received_at = iso(event["t"])
    lora = {"bandwidth": event["bw"], "spreading_factor": event["sf"], "coding_rate": "4/5"}
    tmst = event["t"] % _TMST_MODULUS
    on_air_s = airtime.airtime_us(len(event["phy"]), event["sf"], event["bw"]) / 1e6
    message = _sparse(
        {
            "session_key_id": base64.b64encode(uuid.UUID(_id(event, node)).bytes).decode(),
            "f_port": frame.fport or 0,
            "f_cnt": opened.fcnt,
            "frm_payload": base64.b64encode(opened.payload).decode(),
            "rx_metadata": [
                _rx_metadata(eui, rssi, snr, tmst) for eui, (rssi, snr) in event["heard"].items()
            ],
            "settings": {
                "data_rate": {"lora": lora},
                "frequency": str(event["hz"]),
                "timestamp": tmst,
            },
            "received_at": received_at,
            "confirmed": frame.mtype == frames.CONFIRMED_UP,
            "consumed_airtime": f"{on_air_s:.6f}s",
        }
    )
    return {
        "end_device_ids": tts_ids(opened.dev_eui) | {"dev_addr": f"{frame.dev_addr:08X}"},
        "correlation_ids": [f"as:up:{_id(event, 'up')}"],
        "received_at": received_at,
        "uplink_message": message,
    }


def _rx_metadata(eui: str, rssi_dbm: int, snr_db: float, tmst: int) -> dict[str, Any]:
    ids = {"gateway_id": f"eui-{eui}", "eui": eui.upper()}
    return {
        "gateway_ids": ids,
        "timestamp": tmst,
        "rssi": rssi_dbm,
        "channel_rssi": rssi_dbm,
        "snr": snr_db,
    }


def _tts_join(joined: Joined, node: str) -> dict[str, Any]:
    key_id = base64.b64encode(uuid.UUID(_id(joined.event, node)).bytes).decode()
    received_at = iso(joined.event["t"])
    return {
        "end_device_ids": tts_ids(joined.dev_eui) | {"dev_addr": f"{joined.dev_addr:08X}"},
        "correlation_ids": [f"as:up:{_id(joined.event, 'join')}"],
        "received_at": received_at,
        "join_accept": {"session_key_id": key_id, "received_at": received_at},
    }


def tts_ids(dev_eui: str) -> dict[str, Any]:
    return {
        "device_id": f"eui-{dev_eui}",
        "application_ids": {"application_id": TENANT},
        "dev_eui": dev_eui.upper(),
    }


def _sparse(fields: dict[str, Any]) -> dict[str, Any]:
    """As protobuf's JSON has it: without zeros, false and empty texts, at any depth."""
    kept: dict[str, Any] = {}
    for name, value in fields.items():
        if isinstance(value, dict):
            kept[name] = _sparse(value)
        elif isinstance(value, list):
            kept[name] = [_sparse(each) for each in value]
        elif value:
            kept[name] = value
    return kept


def _id(event: Event, what: str) -> str:
    """Of this event alone, and the same in every run of the same seed."""
    return str(uuid.uuid5(uuid.NAMESPACE_OID, f"{what} {event['t']} {event['phy'].hex()}"))


DIALECTS = {
    "chirpstack": Dialect(
        _chirpstack_up,
        _chirpstack_join,
        lambda application, dev_eui, kind: f"application/{application}/device/{dev_eui}/event/{kind}",
    ),
    "tts": Dialect(
        _tts_up,
        _tts_join,
        lambda application, dev_eui, kind: f"v3/{application}/devices/eui-{dev_eui}/{kind}",
    ),
}


def follow(type_: str, application: str, keyring: Keyring, tell: Callable[[Told], None]) -> Take:
    """A follower of a run that tells what this kind of LNS publishes."""
    return Opener(DIALECTS[type_], application, keyring, tell).take
