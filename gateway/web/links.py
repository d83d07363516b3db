"""How well each node and gateway is heard, from the last frames, and why a node may be silent."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from gateway.alarms import hearing
from gateway.store.database import Connection
from gateway.store.queries import Row
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
        ORDER BY received_at DESC LIMIT 1000
    ) r JOIN uplink u ON u.id = r.uplink_id
"""
_REMEMBERED_MS = 30 * DAY_MS  # a gateway that has been silent for longer has been taken down


_KNOWN = """
    SELECT dev_eui, name, group_name,
        (SELECT max(received_at) FROM uplink WHERE dev_eui = device.dev_eui) AS last_seen
    FROM device WHERE archived_at IS NULL
"""


@dataclass(frozen=True, slots=True)
class Known:
    """A node as it stands in a list."""

    dev_eui: str
    name: str
    group: str | None
    is_silent: bool


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


def by_silence(db: Connection, now: int) -> list[Known]:
    """All nodes, the silent ones first, by name."""
    rows = db.execute(_KNOWN).fetchall()
    found = [
        Known(row["dev_eui"], row["name"], row["group_name"], _is_silent(row["last_seen"], now))
        for row in rows
    ]
    return sorted(found, key=lambda each: (not each.is_silent, each.name.casefold(), each.dev_eui))


def gateways(db: Connection, now: int) -> list[Row]:
    """What each gateway has heard within a day; how well and from whom by its newest thousand frames."""
    known = hearing.gateways_heard(db)
    return [
        {"gateway_id": gateway_id, "last_seen": last_seen}
        | dict(db.execute(_FRAMES_OF, (gateway_id, now - DAY_MS)).fetchone())
        | dict(db.execute(_NEWEST_OF, (gateway_id, now - DAY_MS)).fetchone())
        for gateway_id, last_seen in known.items()
        if last_seen > now - _REMEMBERED_MS
    ]


def why_silent(device: Row, found: Link, heard_by: Mapping[str, int], now: int) -> str | None:
    """The key of the sentence that says the likeliest cause, None while the node reports."""
    if device["last_seen"] is None:
        return "silent.never" if device["activation"] == "lns" else "silent.neverJoined"
    if not _is_silent(device["last_seen"], now):
        return None
    alive = {gateway_id for gateway_id, heard in heard_by.items() if not _is_silent(heard, now)}
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


def _is_silent(heard_at: int | None, now: int) -> bool:
    return heard_at is None or is_stale(heard_at, [], now)


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
