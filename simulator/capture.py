"""Captures read back, pcap and pcapng, ours or Wireshark's: the LoRaTap packets and their instants."""

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from simulator import pcapng
from simulator.pcap import LINKTYPE_LORATAP, MAGIC

_PCAP_HEAD = 24
_PCAP_RECORD = 16
_BLOCK = 12  # type and size before a block's body, the size again behind it
_PACKET = 20
_MICROSECONDS = 6


class CaptureError(Exception):
    """A capture that cannot be read; the text names file, place and what is expected."""


class CutError(CaptureError):
    """The capture ends within a record: what came before it is sound."""


class Packet(NamedTuple):
    """`sender` is the interface it was captured at, None in a pcap."""

    at_us: int
    data: bytes
    sender: str | None = None


def packets(path: Path) -> Iterator[Packet]:
    data = path.read_bytes()
    magic = struct.unpack("<I", data[:4])[0] if len(data) >= 4 else None
    if magic == pcapng.SECTION:
        return _pcapng(path, data)
    if magic == MAGIC and len(data) >= _PCAP_HEAD:
        return _pcap(path, data)
    raise CaptureError(f"{path}: neither a little-endian pcap with microseconds nor a pcapng")


def _pcap(path: Path, data: bytes) -> Iterator[Packet]:
    _check_link(path, struct.unpack("<I", data[20:24])[0])
    at = _PCAP_HEAD
    while at < len(data):
        if at + _PCAP_RECORD > len(data):
            raise CutError(f"{path}: half of a record's header at byte {at}")
        seconds, microseconds, size, _ = struct.unpack("<IIII", data[at : at + _PCAP_RECORD])
        packet = data[at + _PCAP_RECORD : at + _PCAP_RECORD + size]
        if len(packet) != size:
            raise CutError(f"{path}: half of a record at byte {at}")
        yield Packet(seconds * 1_000_000 + microseconds, packet)
        at += _PCAP_RECORD + size


def _pcapng(path: Path, data: bytes) -> Iterator[Packet]:
    """Of one section, as nearly every file has it; blocks of other kinds are passed over."""
    if len(data) >= _BLOCK and struct.unpack("<I", data[8:12])[0] != pcapng.BYTE_ORDER:
        raise CaptureError(f"{path}: a big-endian pcapng, expected a little-endian one")
    interfaces: list[tuple[str, int]] = []  # name, and ticks of its clock in a second
    for at, kind, body in _blocks(path, data):
        if kind == pcapng.INTERFACE:
            _check_link(path, struct.unpack("<H", body[:2])[0])
            interfaces.append(_interface(path, body[8:]))
        elif kind == pcapng.PACKET:
            number, high, low, size, _ = struct.unpack("<IIIII", body[:_PACKET])
            if number >= len(interfaces) or len(body) < _PACKET + size:
                raise CaptureError(
                    f"{path}: a packet at byte {at} names no interface, or is longer than its block"
                )
            name, ticks = interfaces[number]
            at_us = (high << 32 | low) * 1_000_000 // ticks
            yield Packet(at_us, body[_PACKET : _PACKET + size], name)


def _blocks(path: Path, data: bytes) -> Iterator[tuple[int, int, bytes]]:
    """(place, type, body) of each."""
    at = 0
    while at < len(data):
        if at + _BLOCK > len(data):
            raise CutError(f"{path}: half of a block's header at byte {at}")
        kind, size = struct.unpack("<II", data[at : at + 8])
        if size < _BLOCK or size % 4:
            raise CaptureError(
                f"{path}: a block of {size} bytes at byte {at}, expected a multiple of 4 from 12 on"
            )
        if at + size > len(data):
            raise CutError(f"{path}: half of a block at byte {at}")
        body = data[at + 8 : at + size - 4]
        if len(body) < {pcapng.SECTION: 16, pcapng.INTERFACE: 8, pcapng.PACKET: _PACKET}.get(kind, 0):
            raise CaptureError(f"{path}: a block at byte {at} is too short for its type {kind}")
        yield at, kind, body
        at += size


def _interface(path: Path, options: bytes) -> tuple[str, int]:
    """Its name, and how many ticks of its clock make a second."""
    name, ticks = "", 10**_MICROSECONDS
    at = 0
    while at + 4 <= len(options):
        code, size = struct.unpack("<HH", options[at : at + 4])
        value = options[at + 4 : at + 4 + size]
        if code == pcapng.IF_NAME:
            name = value.decode(errors="replace")
        elif code == pcapng.IF_TSRESOL and value:
            if value[0] & 0x80:
                raise CaptureError(
                    f"{path}: an interface counts time in powers of two, expected powers of ten"
                )
            ticks = 10 ** value[0]
        at += 4 + size + -size % 4
    return name, ticks


def _check_link(path: Path, link_type: int) -> None:
    if link_type != LINKTYPE_LORATAP:
        raise CaptureError(f"{path}: link type {link_type}, expected {LINKTYPE_LORATAP} (LoRaTap)")
