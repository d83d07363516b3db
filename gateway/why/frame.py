"""The life of one frame, from who heard it to which sink has it, as steps in the order of their happening."""

from collections.abc import Iterator, Sequence
from typing import Any

from codec.lorawan import commands, frames
from gateway.model import RX2_OF_REGION, NotFoundError, Session, Uplink
from gateway.network import link, transmissions
from gateway.network.adr import REQUIRED_SNR_DB
from gateway.network.downlink import Listening
from gateway.network.mac import State, Wishes
from gateway.store import outbox
from gateway.store.database import Connection, Row
from gateway.web.quantities import THIN_SPACE, scaled, shown
from gateway.why import choice, past, rates
from gateway.why.past import Past
from gateway.why.steps import Step, step
from gateway.words import Said, has, listed, said

_UPLINK = """
    SELECT u.*, d.name, s.state, s.source, s.created_at AS session_at FROM uplink u
    JOIN session s ON s.id = u.session_id JOIN device d ON d.dev_eui = u.dev_eui WHERE u.id = ?
"""
_RECEPTIONS = "SELECT * FROM reception WHERE uplink_id = ? ORDER BY received_at, id"
_FORMER = "SELECT max(fcnt) FROM uplink WHERE session_id = ? AND fcnt < ?"
# A session is over once a later one of its node has brought a frame.
_CANDIDATES = """
    SELECT count(*) FROM session s WHERE s.dev_addr = ? AND s.source IS NULL AND s.created_at <= ?
      AND NOT EXISTS (SELECT 1 FROM session l JOIN uplink u ON u.session_id = l.id
                      WHERE l.dev_eui = s.dev_eui AND l.id > s.id AND u.received_at <= ?)
"""
_REPEATED = "SELECT count(*) AS times, max(at) AS last_at FROM noted WHERE uplink_id = ?"
_READINGS = "SELECT quantity, value, fault, flag FROM reading WHERE uplink_id = ? ORDER BY quantity, time"
_OWED = "SELECT sink, reason FROM outbox WHERE uplink_id = ? ORDER BY sink"
_SHOWN = 12  # readings


def trace(db: Connection, wishes: Wishes, uplink_id: str) -> list[Step]:
    row = db.execute(_UPLINK, (uplink_id,)).fetchone()
    if row is None:
        raise NotFoundError(f"no frame {uplink_id}; it was never accepted, or is gone with its node")
    heard = db.execute(_RECEPTIONS, (uplink_id,)).fetchall()
    return [
        step(
            "why.frame",
            name=row["name"],
            fcnt=row["fcnt"],
            session=row["session_id"],
            received_at=row["received_at"],
        ),
        *_heard(heard),
        *_whose(db, row),
        *_counter(db, row),
        *_repeated(db, uplink_id),
        *_network(db, wishes, row, heard),
        *_said(db, row),
        *_sinks(db, row),
    ]


def _heard(heard: Sequence[Row]) -> Iterator[Step]:
    if not heard:
        yield step("why.heardForgotten")
    for each in heard:
        late_ms = each["received_at"] - heard[0]["received_at"]
        yield step("why.heard" if not late_ms else "why.heardLater", late=late_ms, **_radio(each))


def _radio(row: Row) -> dict[str, Any]:
    rate = row["data_rate"]
    snr_db, required = row["snr_db"], REQUIRED_SNR_DB.get(rates.spreading_factor(rate))
    return {
        "gateway": row["gateway_id"],
        "rssi": row["rssi_dbm"],
        "snr": snr_db,
        "mhz": row["frequency_hz"] and row["frequency_hz"] / 1_000_000,
        "rate": rate or None,
        "margin": None if None in (snr_db, required) else round(snr_db - required, 1),
    }


def _whose(db: Connection, row: Row) -> Iterator[Step]:
    if row["source"] is not None:
        yield step("why.lns", source=row["source"])
        return
    at = row["received_at"]
    (count,) = db.execute(_CANDIDATES, (row["dev_addr"], at, at)).fetchone()
    yield step("why.candidates", count=count, address=row["dev_addr"], eui=row["dev_eui"])


def _counter(db: Connection, row: Row) -> Iterator[Step]:
    (former,) = db.execute(_FORMER, (row["session_id"], row["fcnt"])).fetchone()
    on_air, lost = row["fcnt"] & 0xFFFF, row["fcnt"] - (former or 0) - 1
    if former is None:
        yield step("why.counterFirst", fcnt=row["fcnt"], session_at=row["session_at"])
    elif lost:
        yield step("why.counterGap", on_air=on_air, former=former, fcnt=row["fcnt"], count=lost)
    else:
        yield step("why.counter", on_air=on_air, former=former, fcnt=row["fcnt"])


def _repeated(db: Connection, uplink_id: str) -> Iterator[Step]:
    row = db.execute(_REPEATED, (uplink_id,)).fetchone()
    if row["times"]:
        yield step("why.repeated", count=row["times"], last_at=row["last_at"])


def _network(db: Connection, wishes: Wishes, row: Row, heard: Sequence[Row]) -> Iterator[Step]:
    """MAC commands, ADR and answers; nothing of it where an LNS does that."""
    spoken = past.opened(bytes(row["phy"]))
    if spoken is None:
        return
    uplink = Uplink(**{name: row[name] for name in Uplink._fields})
    found = past.of(db, wishes, _keyless(row), uplink)
    yield from _mac(past.options(uplink.phy, uplink.fport, uplink.payload), found)
    yield from adaptive(
        wishes, found, bool(spoken.fctrl & frames.ADR), heard[0]["data_rate"] if heard else None
    )
    yield from _answers(db, wishes, uplink, heard, found.before)


def _keyless(row: Row) -> Session:
    return Session(
        row["session_id"], row["dev_eui"], row["dev_addr"], b"", b"", row["state"], -1, 0, 1, 0,
        RX2_OF_REGION, row["session_at"],
    )  # fmt: skip


def _mac(fopts: bytes, found: Past) -> Iterator[Step]:
    said, _ = commands.split(fopts, commands.UP)
    for cid, body in said:
        yield step("why.says", command=rates.command(cid, "up"), body=body.hex(" ") or None)
    before, after = found.before.link, found.after.link
    settings = ("data_rate", "power_index", "nb_trans", "mask", "channels")
    if any(getattr(before, each) != getattr(after, each) for each in settings):
        yield step("why.agreed", rate=after.data_rate, power=after.power_index, transmissions=after.nb_trans)


def adaptive(wishes: Wishes, found: Past, is_wanted: bool, datr: str | None) -> Iterator[Step]:
    """The arithmetic of ADR as it stood then."""
    data_rate = past.data_rate_of(wishes.region, datr)
    if not wishes.adr or not is_wanted or data_rate is None:
        yield step("why.adrOff" if not wishes.adr else "why.adrNode" if not is_wanted else "why.adrRate")
        return
    sums = rates.arithmetic(wishes, found, data_rate)
    if sums.is_short:
        yield step("why.adrFew", count=sums.frames, rate=data_rate, power=sums.now.power_index)
        return
    yield step(
        "why.adr", count=sums.frames, rate=data_rate, power=sums.now.power_index, best=sums.best_snr_db,
        required=sums.required_db, kept=sums.margin_db, spare=sums.spare_db, steps=sums.steps,
        lost=round(100 * sums.loss), transmissions=sums.now.nb_trans, snrs=sums.listed,
    )  # fmt: skip
    wanted = sums.wanted
    key = "why.adrKeeps" if wanted == sums.now else "why.adrWants"
    yield step(key, rate=wanted.data_rate, power=wanted.power_index, transmissions=wanted.nb_trans)


def _answers(
    db: Connection, wishes: Wishes, uplink: Uplink, heard: Sequence[Row], state: State
) -> Iterator[Step]:
    sent = transmissions.of_uplink(db, uplink.id)
    if heard and (sent or uplink.confirmed):
        rx2 = link.rx2(wishes.region, state.session, state.link)
        listening = Listening(state.session.rx_delay_s, state.session.rx1_dr_offset, rx2)
        yield from choice.made(db, wishes.region, listening, heard, sent[0] if sent else None)
    if not sent:
        yield step("why.unanswered" if uplink.confirmed else "why.silent")
    for each in sent:
        yield step(
            "why.sent" if each["opening"] else "why.sentAtOnce", gateway=each["gateway_id"], count=len(heard),
            opening=each["opening"], lead=each["lead_ms"], mhz=each["frequency_hz"] / 1_000_000,
            rate=each["data_rate"], ms=round(each["on_air_us"] / 1000), fcnt=each["fcnt_down"],
        )  # fmt: skip
        yield from _content(each)


def _content(sent: dict[str, Any]) -> Iterator[Step]:
    if sent["fctrl"] and sent["fctrl"] & frames.ACK:
        yield step("why.acknowledges")
    said, _ = commands.split(bytes(sent["mac"] or b""), commands.DOWN)
    for cid, body in said:
        yield step("why.asks", command=rates.command(cid, "down"), body=body.hex(" ") or None)
    if sent["downlink_id"] is not None:
        yield step("why.carries", number=sent["downlink_id"])
    if sent["refused"]:
        yield step("why.refusedByGateway", gateway=sent["gateway_id"], error=sent["refused"])


def _said(db: Connection, row: Row) -> Iterator[Step]:
    if row["decoded"] is None:
        yield step("why.notDecoded")
    elif row["error"]:
        yield step("why.unreadable", error=row["error"])
    else:
        found = db.execute(_READINGS, (row["id"],)).fetchall()
        if not found:
            yield step("why.noReadings")
            return
        yield step(
            "why.decoded", count=len(found), listed=listed([_reading(each) for each in found[:_SHOWN]])
        )


def _reading(reading: Row) -> Said:
    quantity, how = _named("quantity", reading["quantity"]), shown(reading["quantity"])
    if reading["value"] is None:
        return said("why.fault", quantity=quantity, fault=_named("fault", reading["fault"]))
    value = round(scaled(reading["quantity"], reading["value"]), how.fine)
    flag = said(f"flag.{reading['flag']}")
    unit = f"{THIN_SPACE}{how.unit}".rstrip()
    return said("why.reading", quantity=quantity, value=value, unit=unit, flag=flag)


def _named(family: str, name: str) -> str:
    return said(f"{family}.{name}") if has(f"{family}.{name}") else name


def _sinks(db: Connection, row: Row) -> Iterator[Step]:
    owed = db.execute(_OWED, (row["id"],)).fetchall()
    taken = list(outbox.delivered(db, row["id"], row["received_at"]))
    for sink, delivered_at in taken:
        yield step("why.delivered", sink=sink, delivered_at=delivered_at)
    for each in owed:
        key = "why.owed" if each["reason"] is None else "why.dead"
        yield step(key, sink=each["sink"], reason=each["reason"])
    if not owed and not taken:
        yield step("why.noSink")
