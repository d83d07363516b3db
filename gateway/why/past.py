"""What the network knew of a session when a frame came: the frames up to it, folded by the same functions."""

from collections.abc import Iterator
from dataclasses import dataclass

from codec.lorawan import commands, frames, regions
from codec.lorawan.frames import DataFrame
from codec.lorawan.regions import Region
from codec.wire import WireError
from gateway.model import Session, Uplink
from gateway.network import channels, history, mac
from gateway.network.link import Link
from gateway.network.mac import State, Wishes
from gateway.store.database import Connection

_REPLIES = (commands.LINK_CHECK, commands.DEVICE_TIME)
_FCTRL = 5  # its place in a frame; its lower half is the length of FOpts
_FRAMES = 400  # of them the last 20 at one data rate and power count
_SPOKEN = """
    SELECT fcnt, fport, phy, payload, received_at FROM uplink WHERE session_id = ? AND fcnt <= ? ORDER BY fcnt
"""
_HEARD = """
    SELECT u.fcnt, max(r.snr_db) AS snr_db, min(r.data_rate) AS data_rate
    FROM uplink u JOIN reception r ON r.uplink_id = u.id
    WHERE u.session_id = ? AND u.fcnt <= ? AND u.fcnt > ? GROUP BY u.fcnt ORDER BY u.fcnt
"""
_ASKED = """
    SELECT u.fcnt, t.mac FROM transmission t JOIN uplink u ON u.id = t.uplink_id
    WHERE u.session_id = ? AND u.fcnt < ? AND t.refused IS NULL AND t.mac IS NOT NULL ORDER BY t.id
"""


@dataclass(frozen=True, slots=True)
class Past:
    """`before` the frame and `after` what it said; `heard`: as `history` keeps it, with this frame."""

    before: State
    after: State
    heard: bytes


def of(db: Connection, wishes: Wishes, session: Session, uplink: Uplink) -> Past:
    """The session's row gives what its keys are and where it began; nothing of what it has become."""
    asked = {
        row["fcnt"]: _requests(bytes(row["mac"])) for row in db.execute(_ASKED, (session.id, uplink.fcnt))
    }
    state = State(session, _new(wishes))
    before, rates = state, {}
    for fcnt, fopts, now in _spoken(db, session.id, uplink.fcnt):
        before = state
        state = mac.hear(state, fopts, now).state if fopts else state
        rates[fcnt] = state.link
        if asked.get(fcnt):
            state = state._replace(link=mac.ask(state.link, asked[fcnt], fcnt))
    after = State(state.session, rates.get(uplink.fcnt, state.link))
    return Past(before, after, _heard(db, wishes.region, session.id, uplink.fcnt, rates))


def _new(wishes: Wishes) -> Link:
    told = channels.told_at_join(wishes.region, wishes.channels)
    mask = channels.wanted_mask(wishes.region, (), wishes.sub_band) if wishes.sub_band else None
    return Link(channels=told, mask=mask)


def _spoken(db: Connection, session_id: int, fcnt: int) -> Iterator[tuple[int, bytes, int]]:
    """Counter, MAC commands and instant of each frame."""
    for row in db.execute(_SPOKEN, (session_id, fcnt)):
        yield row["fcnt"], options(bytes(row["phy"]), row["fport"], bytes(row["payload"])), row["received_at"]


def opened(phy: bytes) -> DataFrame | None:
    """None of what an LNS has opened for us."""
    try:
        return frames.parse(phy)
    except WireError:
        return None


def options(phy: bytes, fport: int | None, payload: bytes) -> bytes:
    """The MAC commands of an uplink."""
    if fport == 0:
        return payload
    frame = opened(phy) if len(phy) > _FCTRL and phy[_FCTRL] & 0x0F else None
    return bytes(frame.fopts) if frame else b""


def _requests(sent: bytes) -> tuple[bytes, ...]:
    found, _ = commands.split(sent, commands.DOWN)
    return tuple(bytes([cid]) + body for cid, body in found if cid not in _REPLIES)


def _heard(db: Connection, region: Region, session_id: int, fcnt: int, links: dict[int, Link]) -> bytes:
    entries = b""
    for row in db.execute(_HEARD, (session_id, fcnt, fcnt - _FRAMES)):
        data_rate, link = data_rate_of(region, row["data_rate"]), links.get(row["fcnt"])
        if data_rate is not None and link is not None:
            power_index = mac.acting_power_index(link, data_rate)
            entries = history.add(entries, data_rate, power_index, row["fcnt"], row["snr_db"])
    return entries


def data_rate_of(region: Region, datr: str | None) -> int | None:
    try:
        return int(regions.data_rate_of(region, *regions.parse_datr(datr or "")))
    except ValueError:
        return None
