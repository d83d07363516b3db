"""Views of a run's event log: what other tools read. Each takes events one by one and writes a file.

The suffix of the file names the view: .pcap, .pcapng, .events.jsonl, .rxpk.jsonl, .chirpstack.jsonl,
.tts.jsonl, .csv
"""

import csv
import json
from collections.abc import Callable
from contextlib import AsyncExitStack, ExitStack
from pathlib import Path
from typing import IO, BinaryIO

from codec.lorawan import regions
from gateway.model import Reception
from gateway.sources import gwmp
from simulator import eventlog, lns_events
from simulator.eventlog import Event, Take
from simulator.keyring import Keyring
from simulator.lns_events import iso
from simulator.pcap import PcapView
from simulator.pcapng import PcapngView

Files = ExitStack | AsyncExitStack  # closes them in the end

_TMST_MODULUS = 1 << 32
CSV_FIELDS = (
    "t", "event", "node", "gateway", "hz", "sf", "bw", "dbm", "phy", "heard", "lost",
    "stage_mm", "distance_mm",
)  # fmt: skip


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


def _lns_view(type_: str) -> Callable[[IO[str], Keyring], Take]:
    """A line for each event that such an LNS publishes."""

    def view(file: IO[str], keyring: Keyring) -> Take:
        def tell(told: lns_events.Told) -> None:
            file.write(json.dumps(told.body) + "\n")

        return lns_events.follow(type_, lns_events.TENANT, keyring, tell)

    return view


_TEXTS: dict[str, Callable[[IO[str], Keyring], Take]] = {
    ".events.jsonl": lambda file, _: lambda event: _write(file, event),
    ".rxpk.jsonl": lambda file, _: RxpkView(file).take,
    ".chirpstack.jsonl": _lns_view("chirpstack"),
    ".tts.jsonl": _lns_view("tts"),
    ".csv": lambda file, _: CsvView(file).take,
}
_CAPTURES: dict[str, Callable[[BinaryIO], Take]] = {
    ".pcap": lambda file: PcapView(file).take,
    ".pcapng": lambda file: PcapngView(file).take,
}
SUFFIXES = (*_CAPTURES, *_TEXTS)


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
    if suffix in _CAPTURES:
        return _CAPTURES[suffix](stack.enter_context(path.open("wb")))
    return _TEXTS[suffix](stack.enter_context(path.open("w", encoding="utf-8", newline="")), keyring)
