"""Views of a run's event log: what other tools read. Each takes events one by one and writes a file.

The suffix of the file names the view: .pcap, .events.jsonl, .rxpk.jsonl, .chirpstack.jsonl, .tts.jsonl, .csv
"""

import base64
import csv
import json
from collections.abc import Callable
from contextlib import AsyncExitStack, ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from codec.lorawan import frames, regions
from codec.wire import WireError
from gateway.model import Reception
from gateway.sources import gwmp
from simulator import eventlog
from simulator.eventlog import Event, Take
from simulator.pcap import PcapView, SessionKeys

Files = ExitStack | AsyncExitStack  # closes them in the end
Keyring = Callable[[int], SessionKeys | None]  # a session by its DevAddr

_TMST_MODULUS = 1 << 32
_WAITING = 100  # frames kept until their session is known
CSV_FIELDS = (
    "t", "event", "node", "gateway", "hz", "sf", "bw", "dbm", "phy", "heard", "lost",
    "stage_mm", "distance_mm",
)  # fmt: skip


def iso(at_us: int) -> str:
    return datetime.fromtimestamp(at_us / 1e6, UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def receptions(event: Event) -> list[Reception]:
    """What the gateways report of an uplink; `tmst` is the low end of the simulator's clock."""
    return [
        Reception(
            gateway_id=eui,
            received_at=event["t"] // 1000,
            phy=event["phy"],
            frequency_hz=event["hz"],
            data_rate=regions.datr(event["sf"], event["bw"]),
            rssi_dbm=rssi_dbm,
            snr_db=snr_db,
            tmst=event["t"] % _TMST_MODULUS,
        )
        for eui, (rssi_dbm, snr_db) in event["heard"].items()
    ]


class RxpkView:
    """A line for each datagram of a packet forwarder: its EUI, when it was logged, one rxpk."""

    def __init__(self, file: IO[str]):
        self._file = file

    def take(self, event: Event) -> None:
        if event["event"] != "up":
            return
        for heard in receptions(event):
            packet = gwmp.rxpk(heard) | {"time": iso(event["t"])}
            self._file.write(json.dumps({"gateway": heard.gateway_id, "rxpk": [packet]}) + "\n")


class CsvView:
    """One row for each event that has a number in it, empty where a field does not apply."""

    def __init__(self, file: IO[str]):
        self._rows = csv.DictWriter(file, CSV_FIELDS, extrasaction="ignore", lineterminator="\n")
        self._rows.writeheader()

    def take(self, event: Event) -> None:
        if event["event"] not in ("up", "down", "sample", "crossing"):
            return
        row = dict(event, t=iso(event["t"]))
        if "phy" in event:
            row["phy"] = event["phy"].hex()
        for name in ("heard", "lost"):
            if name in event:
                row[name] = " ".join(event[name])
        self._rows.writerow(row)


class _Decrypted:
    """A view of application data: opens each frame that a gateway heard and whose session is known."""

    def __init__(self, file: IO[str], keyring: Keyring):
        self._file = file
        self._keyring = keyring
        self._nodes: dict[str, str] = {}
        self._fcnt: dict[int, int] = {}
        self._waiting: list[Event] = []

    def take(self, event: Event) -> None:
        if event["event"] == "node":
            self._nodes[event["name"]] = event["dev_eui"]
        elif event["event"] == "wake":  # its session may be known from now on
            waiting, self._waiting = self._waiting, []
            for earlier in waiting:
                self._open(earlier)
        elif event["event"] == "up" and event["heard"]:
            self._open(event)

    def _open(self, event: Event) -> None:
        try:
            frame = frames.parse(event["phy"])
        except WireError:  # a join-request
            return
        keys = self._keyring(frame.dev_addr)
        if keys is None:
            self._waiting = [*self._waiting[-_WAITING:], event]
            return
        fcnt = frames.full_fcnt(self._fcnt.get(frame.dev_addr, -1), frame.fcnt)
        if not frames.mic_fits(event["phy"], keys.nwk_s_key, fcnt):
            return
        self._fcnt[frame.dev_addr] = fcnt
        payload = frames.open_payload(frame, keys.nwk_s_key, keys.app_s_key, fcnt)
        line = self.event_of(event, self._nodes.get(event["node"], ""), frame, fcnt, payload)
        self._file.write(json.dumps(line) + "\n")

    def event_of(
        self, event: Event, dev_eui: str, frame: frames.DataFrame, fcnt: int, payload: bytes
    ) -> dict[str, Any]:
        raise NotImplementedError


class ChirpStackView(_Decrypted):
    """ChirpStack v4 integration events `up`."""

    def event_of(
        self, event: Event, dev_eui: str, frame: frames.DataFrame, fcnt: int, payload: bytes
    ) -> dict[str, Any]:
        lora = {"bandwidth": event["bw"], "spreadingFactor": event["sf"], "codeRate": "CR_4_5"}
        return {
            "time": iso(event["t"]),
            "deviceInfo": {"deviceName": event["node"], "devEui": dev_eui},
            "devAddr": f"{frame.dev_addr:08x}",
            "adr": bool(frame.fctrl & frames.ADR),
            "dr": regions.data_rate_of(regions.REGIONS["EU868"], event["sf"], event["bw"]),
            "fCnt": fcnt,
            "fPort": frame.fport,
            "confirmed": frame.mtype == frames.CONFIRMED_UP,
            "data": base64.b64encode(payload).decode(),
            "rxInfo": [
                {"gatewayId": eui, "nsTime": iso(event["t"]), "rssi": rssi, "snr": snr, "crcStatus": "CRC_OK"}
                for eui, (rssi, snr) in event["heard"].items()
            ],
            "txInfo": {"frequency": event["hz"], "modulation": {"lora": lora}},
        }


class TtsView(_Decrypted):
    """The Things Stack v3 events `up`; a counter of 0 is absent there."""

    def event_of(
        self, event: Event, dev_eui: str, frame: frames.DataFrame, fcnt: int, payload: bytes
    ) -> dict[str, Any]:
        lora = {"bandwidth": event["bw"], "spreading_factor": event["sf"], "coding_rate": "4/5"}
        message: dict[str, Any] = {
            "f_port": frame.fport,
            "frm_payload": base64.b64encode(payload).decode(),
            "received_at": iso(event["t"]),
            "rx_metadata": [
                {
                    "gateway_ids": {"gateway_id": f"eui-{eui}", "eui": eui.upper()},
                    "timestamp": event["t"] % _TMST_MODULUS,
                    "rssi": rssi,
                    "channel_rssi": rssi,
                    "snr": snr,
                }
                for eui, (rssi, snr) in event["heard"].items()
            ],
            "settings": {"data_rate": {"lora": lora}, "frequency": str(event["hz"])},
        }
        if fcnt:
            message["f_cnt"] = fcnt
        if frame.mtype == frames.CONFIRMED_UP:
            message["confirmed"] = True
        ids = {"device_id": f"eui-{dev_eui}", "dev_eui": dev_eui.upper(), "dev_addr": f"{frame.dev_addr:08X}"}
        return {"end_device_ids": ids, "received_at": iso(event["t"]), "uplink_message": message}


_TEXTS: dict[str, Callable[[IO[str], Keyring], Take]] = {
    ".events.jsonl": lambda file, _: lambda event: _write(file, event),
    ".rxpk.jsonl": lambda file, _: RxpkView(file).take,
    ".chirpstack.jsonl": lambda file, keyring: ChirpStackView(file, keyring).take,
    ".tts.jsonl": lambda file, keyring: TtsView(file, keyring).take,
    ".csv": lambda file, _: CsvView(file).take,
}
SUFFIXES = (".pcap", *_TEXTS)


def _write(file: IO[str], event: Event) -> None:
    file.write(eventlog.line(event))


def suffix_of(path: Path) -> str:
    """The view that a file's name asks for; ValueError when there is none."""
    for suffix in SUFFIXES:
        if path.name.endswith(suffix):
            return suffix
    raise ValueError(f"{path}: which record? The name ends in one of {', '.join(SUFFIXES)}")


def open_view(path: Path, keyring: Keyring, stack: Files) -> Take:
    """A view writing to `path` until the stack closes."""
    suffix = suffix_of(path)
    if suffix == ".pcap":
        return PcapView(stack.enter_context(path.open("wb"))).take
    return _TEXTS[suffix](stack.enter_context(path.open("w", encoding="utf-8", newline="")), keyring)
