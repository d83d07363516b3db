"""Why: each decision is told as it was taken, in both languages, and no key is ever among it."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from codec.lorawan import commands
from gateway.cli import app
from gateway.model import NotFoundError, Uplink
from gateway.network import link, wishes
from gateway.network.config import NetworkConfig
from gateway.store import outbox
from gateway.why import frame, loss, node, past, steps
from gateway.why.steps import Step
from simulator.run import Outputs, Plan, in_process
from simulator.scenario import load
from tests.gateway.desk import EUIS, START_MS, Desk, Node, abp, flip

WISHES = wishes.of(NetworkConfig())
DAY_MS = 86_400_000


def keys(found: list[Step]) -> list[str]:
    return [each.key for each in found]


def values(found: list[Step], key: str) -> dict[str, object]:
    (only,) = [each.values for each in found if each.key == key]
    return dict(only)


def spoken(found: list[Step]) -> str:
    """Every sentence in every language."""
    return "\n".join(each.text(language) for language in ("de", "en") for each in found)


def traced(desk: Desk, uplink_id: str) -> list[Step]:
    return frame.trace(desk.store.connection, WISHES, uplink_id)


async def test_a_frame_from_its_hearing_to_its_answer(desk: Desk, node: Node) -> None:
    desk.hear(desk.reception(node.uplink()))
    await desk.clock.advance(3000)
    (uplink,) = desk.hear(desk.reception(node.uplink(confirmed=True, gap=3)))
    await desk.clock.advance(30)
    desk.hear(desk.reception(uplink.phy, EUIS[1], snr_db=-9.0))
    await desk.clock.advance(5000)
    found = traced(desk, uplink.id)
    assert keys(found) == [
        "why.frame", "why.heard", "why.heardLater", "why.candidates", "why.counterGap", "why.adrNode",
        "why.choice", "why.option", "why.option", "why.sent", "why.acknowledges", "why.notDecoded",
        "why.noSink",
    ]  # fmt: skip
    assert values(found, "why.heard")["margin"] == 17.5
    assert (values(found, "why.heardLater")["late"], values(found, "why.heardLater")["margin"]) == (30, 3.5)
    assert values(found, "why.counterGap") == {"on_air": 3, "former": 0, "fcnt": 3, "count": 2}
    sent = values(found, "why.sent")
    assert (sent["gateway"], sent["opening"], sent["lead"], sent["fcnt"]) == (EUIS[0], 1, 800, 0)
    assert "2 Funkmeldungen dazwischen kamen nicht an" in spoken(found)


async def test_among_gateways_each_is_told_with_its_margin_and_its_airtime(desk: Desk, node: Node) -> None:
    """One that comes too late for the choice is not among them."""
    phy = node.uplink(confirmed=True)
    (uplink,) = desk.hear(
        desk.reception(phy, EUIS[0], snr_db=-9.0), desk.reception(phy, EUIS[1], snr_db=-6.0)
    )
    await desk.clock.advance(400)
    desk.hear(desk.reception(phy, EUIS[2], snr_db=9.0))
    await desk.clock.advance(5000)
    found = traced(desk, uplink.id)
    options = [each.values for each in found if each.key == "why.option"]
    assert [(each["gateway"], each["margin"], each["share"]) for each in options] == [
        (EUIS[1], 6.5, 0), (EUIS[0], 3.5, 0),
    ]  # fmt: skip
    assert values(found, "why.sent")["gateway"] == EUIS[1]
    assert "2 Gateways konnten antworten" in spoken(found) and "6,5 dB mehr als nötig" in spoken(found)


async def test_airtime_that_is_used_up_is_told(desk: Desk, node: Node) -> None:
    """The hour's 36 s of 868.0 to 868.6 MHz, then RX2; what was used was another answer's."""
    await answered(desk, node)
    use_up(desk, 35_900_000)
    uplink = await answered(desk, node)
    found = traced(desk, uplink.id)
    full = values(found, "why.optionFull")
    assert (full["gateway"], full["band"]) == (EUIS[0], "868-868.6")
    assert 99 < float(str(full["share"])) <= 100
    assert values(found, "why.sent")["opening"] == 2
    assert "mehr erlaubt das Gesetz nicht" in spoken(found)


async def test_a_window_that_a_gateway_refuses_and_the_next(desk: Desk, node: Node) -> None:
    desk.gateways.refusing = ["TOO_LATE"]
    uplink = await answered(desk, node)
    found = traced(desk, uplink.id)
    told = [
        (each.key, each.values.get("opening")) for each in found if "ent" in each.key or "refused" in each.key
    ]
    assert told == [("why.sent", 1), ("why.refusedByGateway", None), ("why.sent", 2)]
    assert "TOO_LATE" in spoken(found)


async def answered(desk: Desk, node: Node) -> Uplink:
    """A confirmed frame, and the time for its answer."""
    (uplink,) = desk.hear(desk.reception(node.uplink(confirmed=True)))
    await desk.clock.advance(5000)
    return uplink


def use_up(desk: Desk, on_air_us: int) -> None:
    """The airtime of the answer's sub-band, as the gateway's books and the ledger have it."""
    now = desk.clock.now_ms()
    desk.store.connection.execute(
        "UPDATE transmission SET on_air_us = ? WHERE id = (SELECT max(id) FROM transmission)", (on_air_us,)
    )
    airtime = desk.server.gateways.gateway(EUIS[0]).airtime
    airtime.book(868_100_000, now - 5000, 0, on_air_us)


async def test_what_was_refused_is_told_of_its_node(desk: Desk, node: Node) -> None:
    phy = node.uplink()
    desk.hear(desk.reception(phy))
    await desk.clock.advance(3000)
    desk.hear(desk.reception(phy))
    desk.hear(desk.reception(node.uplink()))
    desk.hear(desk.reception(phy))
    desk.hear(desk.reception(flip(phy, 90)))
    desk.server.close()
    found = why_node(desk, node.dev_eui)
    noted = [key for key in keys(found) if key.startswith("why.noted")]
    assert noted == ["why.noted.mic", "why.noted.replay", "why.noted.repetition"], "the newest first"
    assert values(found, "why.noted.replay")["fcnt_up"] == 1
    assert values(found, "why.loss") == {
        "start_day": START_MS // DAY_MS * DAY_MS,
        "received": 2,
        "lost": 0,
        "share": 0,
    }
    assert "FCnt" not in spoken(found)


def why_node(desk: Desk, dev_eui: str) -> list[Step]:
    return node.trace(desk.store.connection, WISHES, dev_eui, desk.clock.now_ms())


async def test_who_is_not_registered_is_told_so_and_an_unknown_name_is_an_error(desk: Desk) -> None:
    stranger = abp(7)
    with pytest.raises(NotFoundError, match="messfunk device unknown"):
        why_node(desk, stranger.dev_eui)
    with pytest.raises(NotFoundError, match="never accepted"):
        traced(desk, "00" * 8)


def test_sinks_say_since_when(desk: Desk, node: Node) -> None:
    (uplink,) = desk.hear(desk.reception(node.uplink()))
    db = desk.store.connection
    with desk.store.transaction():
        outbox.put(db, ["home", "influx", "hook"], [uplink.id], START_MS)
        (due,) = outbox.due(db, "home", 10)
        outbox.settle(db, "home", [due], START_MS + 70)
        (refused,) = outbox.due(db, "hook", 10)
        outbox.bury(db, "hook", refused, "400 Bad Request")
    found = traced(desk, uplink.id)
    assert keys(found)[-3:] == ["why.delivered", "why.dead", "why.owed"]
    assert values(found, "why.delivered") == {"sink": "home", "delivered_at": START_MS + 70}
    assert values(found, "why.dead") == {"sink": "hook", "reason": "400 Bad Request"}


async def test_loss_is_counted_by_counters_day_by_day(desk: Desk, node: Node) -> None:
    for gap in (1, 1, 3):
        desk.hear(desk.reception(node.uplink(gap=gap)))
        await desk.clock.advance(1000)
    await desk.clock.advance(DAY_MS)
    desk.hear(desk.reception(node.uplink(gap=5)))
    db, first = desk.store.connection, START_MS // DAY_MS * DAY_MS
    days = loss.by_day(db, node.dev_eui, first)
    assert [(day.start_ms, day.received, day.lost) for day in days] == [(first, 3, 2), (first + DAY_MS, 1, 4)]
    assert days[1].share == 0.8
    assert loss.of_all(db, first) == {node.dev_eui: loss.Day(first, 4, 6)}


async def test_the_past_is_what_the_network_knew(tmp_path: Path) -> None:
    """Folded from the ledger, against what the running server kept: link and history of every node."""
    lossy = load("village").model_copy(update={"loss": 0.2})
    await in_process(Plan("why", lossy, 9 * 3600, None), tmp_path / "why.db", Outputs())
    store = Desk(tmp_path / "why.db").store
    db, agreed = store.connection, 0
    for row in db.execute("SELECT max(fcnt) AS fcnt, session_id FROM uplink GROUP BY session_id").fetchall():
        session, uplink = store.session(row["session_id"]), store.uplink(row["session_id"], row["fcnt"])
        assert session and uplink
        found, known = past.of(db, WISHES, session, uplink), link.of(session)
        names = ("data_rate", "power_index", "nb_trans", "mask", "channels", "battery", "status_at")
        assert [getattr(found.after.link, each) for each in names] == [getattr(known, each) for each in names]
        assert found.heard == session.heard
        agreed += known.data_rate is not None
        told = [traced_text(store.connection, each["id"]) for each in db.execute(
            "SELECT id FROM uplink WHERE session_id = ?", (session.id,)).fetchall()]  # fmt: skip
        everything = "\n".join([*told, spoken(node.trace(db, WISHES, session.dev_eui, uplink.received_at))])
        for key in (session.nwk_s_key, session.app_s_key):
            assert key.hex() not in everything and key.hex(" ") not in everything
    assert agreed, "ADR has changed something, or nothing is shown"
    wanting = db.execute("SELECT count(*) FROM transmission WHERE length(mac) > 5").fetchone()[0]
    assert wanting > 0
    store.close()


def traced_text(db: object, uplink_id: str) -> str:
    found = frame.trace(db, WISHES, uplink_id)  # type: ignore[arg-type]
    return spoken(found) + json.dumps(steps.told(found, "de"))


def test_the_command_tells_frames_and_nodes(desk: Desk, node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    (uplink,) = desk.hear(desk.reception(node.uplink()))
    where = str(desk.store.where)
    desk.store.close()
    said = CliRunner().invoke(app, ["why", uplink.id, "--db", where, "--lang", "de"]).output
    assert said.startswith("Aue: Funkmeldung 0 der Sitzung 1, empfangen 14. November 2023")
    told = json.loads(CliRunner().invoke(app, ["why", node.dev_eui.upper(), "--db", where, "--json"]).output)
    assert told["steps"][0]["key"] == "why.node"
    monkeypatch.setenv("LC_ALL", "de_DE.UTF-8")
    assert "zuletzt gehört" in CliRunner().invoke(app, ["why", node.dev_eui, "--db", where]).output
    unknown = CliRunner().invoke(app, ["why", "00" * 8, "--db", where])
    assert unknown.exit_code == 1


def test_every_mac_command_has_a_name() -> None:
    for cid in {*commands.UP, *commands.DOWN}:
        assert steps.step("why.says", command=frame.rates.command(cid, "up"), body=None).text("de")
