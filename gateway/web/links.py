"""How well each node and gateway is heard, from the last frames, and why a node may be silent."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from gateway.alarms import hearing
from gateway.store.database import Connection, among
from gateway.store.queries import Row
from gateway.web.listing import Listed
from gateway.web.present import is_stale
from gateway.words.times import DAY_MS

_FRAMES = 20
_WEAK_SNR_DB = -12.0  # a frame at SF12 is lost below -20; fading takes up to 8 dB
_LOW_V = 3.2  # two lithium cells in series fall fast from there

_LAST = """
    SELECT u.id, u.fcnt, u.received_at, r.gateway_id, r.rssi_dbm, r.snr_db, r.data_rate FROM (
        SELECT id, fcnt, received_at FROM uplink WHERE dev_eui = ? ORDER BY received_at DESC LIMIT ?
    ) u LEFT JOIN reception r ON r.uplink_id = u.id ORDER BY u.received_at DESC
"""
_FRAMES_OF = "SELECT count(*) AS frames FROM reception WHERE gateway_id = ? AND received_at >= ?"
_NEWEST_OF = """
    SELECT count(DISTINCT u.dev_eui) AS nodes, avg(r.rssi_dbm) AS rssi_dbm, avg(r.snr_db) AS snr_db FROM (
        SELECT uplink_id, rssi_dbm, snr_db FROM reception WHERE gateway_id = ? AND received_at >= ?
        ORDER BY received_at DESC LIMIT 200
    ) r JOIN uplink u ON u.id = r.uplink_id
"""
_REMEMBERED_MS = 30 * DAY_MS  # a gateway that has been silent for longer has been taken down


_SILENT = """
    archived_at IS NULL AND {0} EXISTS (SELECT 1 FROM rhythm WHERE dev_eui = t.dev_eui AND silent_at > ?)
"""
_SPEAKING = "SELECT dev_eui FROM rhythm WHERE dev_eui IN ({keys}) AND silent_at > ?"


@dataclass(frozen=True, slots=True)
class Link:
    """Of the last frames: the best reception of each, averaged, and the share of counters that never came."""

    frames: int
    rssi_dbm: float | None
    snr_db: float | None
    loss: float | None
    data_rate: str | None
    gateways: frozenset[str]


def link(db: Connection, dev_eui: str) -> Link:
    heard: dict[str, list[Row]] = {}
    for row in db.execute(_LAST, (dev_eui, _FRAMES)):
        heard.setdefault(row["id"], []).append(dict(row))
    frames = list(heard.values())
    counters = [frame[0]["fcnt"] for frame in frames]
    return Link(
        len(frames),
        _mean([_best(frame, "rssi_dbm") for frame in frames]),
        _mean([_best(frame, "snr_db") for frame in frames]),
        _loss(counters),
        frames[0][0]["data_rate"] if frames else None,
        frozenset(each["gateway_id"] for frame in frames for each in frame if each["gateway_id"]),
    )


def by_silence(now: int) -> list[Listed]:
    """All nodes, by name: first those that are silent, each by how often it speaks, then the others."""
    return [Listed("device", "dev_eui", _SILENT.format(word), (now,)) for word in ("NOT", "")]


def gateways(db: Connection, now: int) -> list[Row]:
    """What each gateway has heard within a day; how well and from whom by its newest 200 frames."""
    known = hearing.gateways_heard(db)
    return [
        {"gateway_id": gateway_id, "last_seen": last_seen}
        | dict(db.execute(_FRAMES_OF, (gateway_id, now - DAY_MS)).fetchone())
        | dict(db.execute(_NEWEST_OF, (gateway_id, now - DAY_MS)).fetchone())
        for gateway_id, last_seen in known.items()
        if last_seen > now - _REMEMBERED_MS
    ]


def speaking(db: Connection, dev_euis: Sequence[str], now: int) -> set[str]:
    """Those of some nodes that are not silent."""
    return {row["dev_eui"] for row in among(db, _SPEAKING, dev_euis, now)}


def why_silent(device: Row, found: Link, heard_by: Mapping[str, int], now: int) -> str:
    """The key of the sentence that says the likeliest cause."""
    if device["last_seen"] is None:
        return "silent.never" if device["activation"] == "lns" else "silent.neverJoined"
    alive = {gateway_id for gateway_id, heard in heard_by.items() if not is_stale(heard, [], now)}
    battery = battery_v(device)
    if found.gateways and not found.gateways & alive:
        return "silent.gateway"
    if battery is not None and battery < _LOW_V:
        return "silent.battery"
    if found.snr_db is not None and found.snr_db < _WEAK_SNR_DB:
        return "silent.weak"
    return "silent.unknown"


def battery_v(device: Row) -> float | None:
    return next((each["value"] for each in device["last"] if each["quantity"] == "battery"), None)


def _best(frame: Sequence[Row], name: str) -> float | None:
    return max((each[name] for each in frame if each[name] is not None), default=None)


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None


def _loss(counters: Sequence[int]) -> float | None:
    """None where counters do not fall steadily, as after a join."""
    if len(counters) < 2 or any(a <= b for a, b in pairwise(counters)):
        return None
    return 1 - len(counters) / (counters[0] - counters[-1] + 1)
