"""Recordings of frames read back: a forwarder's JSON lines, pcap, event log, CSV, application events."""

import csv
import gzip
import json
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, Literal

from codec.lorawan import frames, regions
from codec.wire import WireError
from gateway.devices import Provisioning
from gateway.model import Reception
from gateway.sources import gwmp
from simulator import applog, capture, eventlog, views
from simulator.pcap import LORATAP, RSSI_ZERO

_REGION = regions.REGIONS["EU868"]


class RecordingError(Exception):
    """A recording that cannot be played; the text names file, place and what is expected."""


class CutError(RecordingError):
    """The recording ends within a record: what came before it can be played."""


@dataclass(frozen=True)
class Record:
    """One frame of a recording. `run` names the run it belongs to: counters restart between runs."""

    at_ms: int
    run: str
    direction: Literal["up", "down"]
    phy: bytes
    reception: Reception | None  # of an uplink

    def moved(self, by_ms: int) -> "Record":
        """The same at another time."""
        heard = self.reception
        later = heard._replace(received_at=heard.received_at + by_ms) if heard else None
        return replace(self, at_ms=self.at_ms + by_ms, reception=later)


@dataclass
class Recording:
    """`devices`: who sent it, as far as it had to be sealed anew; `fault`: where it is cut off, and how."""

    records: list[Record] = field(default_factory=list)
    devices: dict[str, Provisioning] = field(default_factory=dict)
    fault: str | None = None


def read(path: Path, gateway_eui: str) -> list[Record]:
    """All frames of a recording in the order they were recorded."""
    return load(path, gateway_eui).records


def load(path: Path, gateway_eui: str) -> Recording:
    """A recording, whatever its form; `gateway_eui` heard what names no gateway."""
    found = Recording()
    try:
        for record in _reader(path, gateway_eui, found):
            found.records.append(record)
    except (CutError, capture.CutError, eventlog.CutError) as error:
        found.fault = f"{error}; it is cut off there, the {len(found.records)} frames before are played"
    except OSError as error:
        raise RecordingError(f"{path}: {error.strerror or error}") from None
    except (capture.CaptureError, eventlog.EventLogError) as error:
        raise RecordingError(str(error)) from None
    found.records.sort(key=lambda record: record.at_ms)
    for number, record in enumerate(found.records, 1):
        heard = record.reception
        if heard and not regions.allows(_REGION, heard.frequency_hz):
            raise RecordingError(
                f"{path}: frame {number}: {heard.frequency_hz} Hz is no frequency of {_REGION.name}, "
                "the region that the gateway serves"
            )
    return found


def _reader(path: Path, gateway_eui: str, found: Recording) -> Iterator[Record]:
    if path.suffix in (".pcap", ".pcapng"):
        return _read_capture(path, gateway_eui)
    if path.suffix == ".csv":
        return _read_csv(path)
    if path.name.endswith(".events.jsonl"):
        return _read_events(path)
    return _read_lines(path, gateway_eui, found)


def _lines(path: Path) -> IO[str]:
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8", errors="replace")
    return path.open(encoding="utf-8", errors="replace")


def _read_lines(path: Path, gateway_eui: str, found: Recording) -> Iterator[Record]:
    """Lines of {"rxpk": [...]} and {"txpk": {...}} with `logged` and `session`, or application events."""
    at_ms = 0
    restarts = _Restarts()
    with _lines(path) as file:
        for number, line in enumerate(file, 1):
            if not line.strip():
                continue
            try:
                body = json.loads(line)
                if not isinstance(body, dict):
                    raise WireError("not an object")
                reader = applog.reader_of(body)
                if reader is None:
                    at_ms = max(at_ms, _when_ms(body) or at_ms)
                    yield from _frames(body, at_ms, gateway_eui)
                    continue
                event = reader(body)
                if event:
                    found.devices.setdefault(event.dev_eui, applog.provisioning(event))
                    yield from _of_event(event, restarts)
            except (ValueError, KeyError, TypeError, IndexError) as error:  # WireError is a ValueError
                is_cut = isinstance(error, json.JSONDecodeError) and not line.endswith("\n")
                raise (CutError if is_cut else RecordingError)(
                    f"{path}:{number}: {_said(error)}; expected a JSON object with rxpk, txpk or stat, "
                    "or an uplink event of ChirpStack or The Things Stack"
                ) from None


def _said(error: Exception) -> str:
    return f"{error.args[0]} is missing" if isinstance(error, KeyError) else str(error)


class _Restarts:
    """Names the runs of application events: a device that counts from below begins a new one."""

    def __init__(self) -> None:
        self._last: dict[str, int] = {}
        self._runs = 0

    def run_of(self, event: applog.AppEvent) -> str:
        if event.fcnt < self._last.get(event.dev_eui, -1):
            self._runs += 1
        self._last[event.dev_eui] = event.fcnt
        return str(self._runs)


def _of_event(event: applog.AppEvent, restarts: _Restarts) -> Iterator[Record]:
    run = restarts.run_of(event)
    for heard in applog.receptions(event):
        yield Record(event.at_ms, run, "up", heard.phy, heard)


def _frames(body: dict[str, Any], at_ms: int, gateway_eui: str) -> Iterator[Record]:
    run = str(body.get("session", ""))
    eui = body.get("gateway", gateway_eui)
    for packet in gwmp.packets(body):
        reception = gwmp.read_rxpk(packet, eui, at_ms)
        yield Record(at_ms, run, "up", reception.phy, reception)
    if "txpk" in body:
        yield Record(at_ms, run, "down", gwmp.read_txpk(body, eui).phy, None)


def _read_events(path: Path) -> Iterator[Record]:
    """Our own event log: what was heard is played, what was lost in the air stays lost."""
    for event in eventlog.read(path):
        if event["event"] == "up":
            for heard in views.receptions(event):
                yield Record(event["t"] // 1000, "", "up", event["phy"], heard)
        elif event["event"] == "down":
            yield Record(event["t"] // 1000, "", "down", event["phy"], None)


def _read_csv(path: Path) -> Iterator[Record]:
    """Our own CSV: rows with event `up` that a gateway heard."""
    with path.open(newline="", encoding="utf-8", errors="replace") as file:
        rows = csv.DictReader(file)
        missing = [name for name in views.CSV_FIELDS if name not in (rows.fieldnames or ())]
        if missing:
            raise RecordingError(f"{path}:1: needs a column {missing[0]}")
        for row in rows:
            try:
                if None in row.values():
                    raise ValueError("the row has too few columns")
                if row["event"] == "up":
                    yield from _of_row(row)
            except (ValueError, TypeError) as error:
                is_last = next(rows, None) is None
                kind = CutError if is_last else RecordingError
                raise kind(f"{path}:{rows.line_num}: {error}") from None


def _of_row(row: dict[str, str]) -> Iterator[Record]:
    at_us = round(datetime.fromisoformat(row["t"]).timestamp() * 1e6)
    sf, bw_hz, phy = int(row["sf"]), int(row["bw"]), bytes.fromhex(row["phy"])
    heard = dict.fromkeys(row["heard"].split(), (None, None))
    event = {"t": at_us, "phy": phy, "hz": int(row["hz"]), "sf": sf, "bw": bw_hz, "heard": heard}
    for reception in views.receptions(event):
        yield Record(at_us // 1000, "", "up", phy, reception)


def _when_ms(body: dict[str, Any]) -> int | None:
    packets = gwmp.packets(body)
    text = body.get("logged") or (
        packets[0].get("time") if packets and isinstance(packets[0], dict) else None
    )
    if not isinstance(text, str):
        return None
    at = datetime.fromisoformat(text.replace(",", "."))
    return round((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp() * 1000)


def _read_capture(path: Path, gateway_eui: str) -> Iterator[Record]:
    for packet in capture.packets(path):
        if len(packet.data) <= LORATAP:
            raise RecordingError(
                f"{path}: a packet of {len(packet.data)} bytes holds no frame behind its LoRaTap header"
            )
        yield _from_loratap(packet.data, packet.at_us, gateway_eui)


def _from_loratap(packet: bytes, at_us: int, gateway_eui: str) -> Record:
    _, _, _, hz, bandwidth, sf, rssi, _, _, snr, _ = struct.unpack(">BBHIBBBBBbB", packet[:LORATAP])
    phy = packet[LORATAP:]
    kind = frames.mtype(phy)
    if kind != frames.JOIN_REQUEST and not frames.is_up(kind):
        return Record(at_us // 1000, "", "down", phy, None)
    reception = Reception(
        gateway_id=gateway_eui,
        received_at=at_us // 1000,
        phy=phy,
        frequency_hz=hz,
        data_rate=regions.datr(sf, bandwidth * 125_000),
        rssi_dbm=rssi - RSSI_ZERO,
        snr_db=snr / 4,
        tmst=at_us % (1 << 32),
    )
    return Record(at_us // 1000, "", "up", phy, reception)
