"""Recordings of frames read back: a packet forwarder's JSON lines, or a pcap with LoRaTap headers."""

import json
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from codec.lorawan import frames, regions
from codec.wire import WireError
from gateway.model import Reception
from gateway.sources import gwmp

_PCAP_HEAD = 24
_PCAP_RECORD = 16
_LORATAP = 15
_LINKTYPE_LORATAP = 270


class RecordingError(Exception):
    """A recording that cannot be played; the text names file, place and what is expected."""


@dataclass(frozen=True)
class Record:
    """One frame of a recording. `run` names the run it belongs to: counters restart between runs."""

    at_ms: int
    run: str
    direction: Literal["up", "down"]
    phy: bytes
    reception: Reception | None  # of an uplink


def read(path: Path, gateway_eui: str) -> list[Record]:
    """All frames of a recording in the order they were recorded."""
    try:
        if path.suffix == ".pcap":
            return list(_read_pcap(path, gateway_eui))
        return list(_read_lines(path, gateway_eui))
    except OSError as error:
        raise RecordingError(f"{path}: {error.strerror}") from None


def _read_lines(path: Path, gateway_eui: str) -> Iterator[Record]:
    """Lines of {"rxpk": [...]} and {"txpk": {...}}, with `logged` and `session` where known."""
    at_ms = 0
    with path.open(encoding="utf-8", errors="replace") as file:
        for number, line in enumerate(file, 1):
            if not line.strip():
                continue
            try:
                body = json.loads(line)
                if not isinstance(body, dict):
                    raise WireError("not an object")
                at_ms = max(at_ms, _when_ms(body) or at_ms)
                yield from _frames(body, at_ms, gateway_eui)
            except ValueError as error:  # WireError and JSONDecodeError are ValueErrors
                raise RecordingError(
                    f"{path}:{number}: {error}; expected a JSON object with rxpk, txpk or stat"
                ) from None


def _frames(body: dict[str, Any], at_ms: int, gateway_eui: str) -> Iterator[Record]:
    run = str(body.get("session", ""))
    for packet in gwmp.packets(body):
        reception = gwmp.read_rxpk(packet, gateway_eui, at_ms)
        yield Record(at_ms, run, "up", reception.phy, reception)
    if "txpk" in body:
        yield Record(at_ms, run, "down", gwmp.read_txpk(body, gateway_eui).phy, None)


def _when_ms(body: dict[str, Any]) -> int | None:
    packets = gwmp.packets(body)
    text = body.get("logged") or (
        packets[0].get("time") if packets and isinstance(packets[0], dict) else None
    )
    if not isinstance(text, str):
        return None
    at = datetime.fromisoformat(text.replace(",", "."))
    return round((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp() * 1000)


def _read_pcap(path: Path, gateway_eui: str) -> Iterator[Record]:
    data = path.read_bytes()
    if len(data) < _PCAP_HEAD or struct.unpack("<I", data[:4])[0] != 0xA1B2C3D4:
        raise RecordingError(f"{path}: not a little-endian pcap with microseconds")
    link_type = struct.unpack("<I", data[20:24])[0]
    if link_type != _LINKTYPE_LORATAP:
        raise RecordingError(f"{path}: link type {link_type}, expected {_LINKTYPE_LORATAP} (LoRaTap)")
    at = _PCAP_HEAD
    while at < len(data):
        if at + _PCAP_RECORD > len(data):
            raise RecordingError(f"{path}: cut in a record's header at byte {at}")
        seconds, microseconds, size, _ = struct.unpack("<IIII", data[at : at + _PCAP_RECORD])
        packet = data[at + _PCAP_RECORD : at + _PCAP_RECORD + size]
        if len(packet) != size or size <= _LORATAP:
            raise RecordingError(f"{path}: cut in the record at byte {at}")
        yield _from_loratap(packet, seconds * 1_000_000 + microseconds, gateway_eui)
        at += _PCAP_RECORD + size


def _from_loratap(packet: bytes, at_us: int, gateway_eui: str) -> Record:
    _, _, _, hz, bandwidth, sf, rssi, _, _, snr, _ = struct.unpack(">BBHIBBBBBbB", packet[:_LORATAP])
    phy = packet[_LORATAP:]
    kind = frames.mtype(phy)
    if kind != frames.JOIN_REQUEST and not frames.is_up(kind):
        return Record(at_us // 1000, "", "down", phy, None)
    reception = Reception(
        gateway_id=gateway_eui,
        received_at=at_us // 1000,
        phy=phy,
        frequency_hz=hz,
        data_rate=regions.datr(sf, bandwidth * 125_000),
        rssi_dbm=rssi - 139,
        snr_db=snr / 4,
        tmst=at_us % (1 << 32),
    )
    return Record(at_us // 1000, "", "up", phy, reception)
