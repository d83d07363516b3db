"""What gateways were told to send: written before it is told, so that airtime outlives a restart."""

from dataclasses import dataclass
from typing import Any

from codec.lorawan import frames, regions
from codec.lorawan.regions import Region
from gateway.network import downlink
from gateway.network.gateways import Gateways, Place
from gateway.store.database import ALL, Connection

_HOUR_MS = 3_600_000
_ADD = """
    INSERT INTO transmission (dev_eui, uplink_id, downlink_id, gateway_id, at, lead_ms, opening, tmst,
                              frequency_hz, data_rate, on_air_us, fcnt_down, fctrl, mac, size, phy)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id
"""
_MOVED = """
    UPDATE transmission SET opening = ?, tmst = ?, frequency_hz = ?, data_rate = ?, on_air_us = ? WHERE id = ?
"""
_LAST_HOUR = """
    SELECT gateway_id, frequency_hz, at, tmst, on_air_us FROM transmission
    WHERE at > ? AND at - lead_ms < ? AND refused IS NULL ORDER BY at, id
"""
_ANSWER = """
    SELECT phy FROM transmission WHERE uplink_id = ? AND phy IS NOT NULL AND refused IS NULL
    ORDER BY id DESC LIMIT 1
"""
_LEADS = """
    SELECT lead_ms FROM transmission WHERE at >= ? AND opening > 0 AND refused IS NULL ORDER BY lead_ms
"""


@dataclass(frozen=True, slots=True)
class About:
    """Whom a frame is for, which uplink it answers, which queued downlink it carries.

    What `lasts` answers a repetition of the uplink, too.
    """

    dev_eui: str
    uplink_id: str | None = None
    downlink_id: int | None = None
    lasts: bool = True


def add(db: Connection, region: Region, place: Place, phy: bytes, about: About, now: int) -> int:
    """Its number. Of a frame that answers no uplink only what is open on air is kept."""
    sent, booked = downlink.placed(region, place.heard, place.window, phy), place.booked
    at = booked.end_ms - -(-booked.on_air_us // 1000)
    to_whom = (about.dev_eui, about.uplink_id, about.downlink_id, sent.gateway_id)
    when = (at, at - now, place.window.number, booked.tmst)
    on_air = (sent.frequency_hz, sent.data_rate, booked.on_air_us)
    kept = phy if about.uplink_id and about.lasts else None
    row = db.execute(_ADD, (*to_whom, *when, *on_air, *_open_parts(phy), len(phy), kept)).fetchone()
    return int(row[0])


def moved(db: Connection, region: Region, number: int, second: Place) -> None:
    """The gateway chose RX2."""
    sent, booked = downlink.placed(region, second.heard, second.window, b""), second.booked
    row = (second.window.number, booked.tmst, sent.frequency_hz, sent.data_rate, booked.on_air_us, number)
    db.execute(_MOVED, row)


def refused(db: Connection, number: int, error: str) -> None:
    """The gateway did not send it."""
    db.execute("UPDATE transmission SET refused = ? WHERE id = ?", (error, number))


def restore(db: Connection, region: Region, gateways: Gateways, now: int, told_before: int = ALL) -> None:
    """What each gateway has sent within the hour counts after a restart as it did before."""
    for row in db.execute(_LAST_HOUR, (now - _HOUR_MS, told_before)).fetchall():
        if regions.allows(region, row["frequency_hz"]):
            airtime = gateways.gateway(row["gateway_id"]).airtime
            airtime.book(row["frequency_hz"], row["at"], row["tmst"], row["on_air_us"])


def answer_to(db: Connection, uplink_id: str) -> bytes | None:
    """What went out for this uplink, unless its time is over."""
    row = db.execute(_ANSWER, (uplink_id,)).fetchone()
    return row and bytes(row["phy"])


def leads_ms(db: Connection, since: int) -> list[int]:
    """How long before their windows answers were told, rising."""
    return [row["lead_ms"] for row in db.execute(_LEADS, (since,))]


def of_uplink(db: Connection, uplink_id: str) -> list[dict[str, Any]]:
    """In the order in which they were tried."""
    found = db.execute("SELECT * FROM transmission WHERE uplink_id = ? ORDER BY id", (uplink_id,))
    return [dict(row) for row in found]


def _open_parts(phy: bytes) -> tuple[int | None, int | None, bytes | None]:
    if frames.mtype(phy) == frames.JOIN_ACCEPT:
        return None, None, None
    frame = frames.parse(phy)
    return frame.fcnt, frame.fctrl, bytes(frame.fopts)
