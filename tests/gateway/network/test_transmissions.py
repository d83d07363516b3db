"""What was told to gateways is on disk: a restart finds the hour as full as it was."""

from pathlib import Path

import pytest

from codec.lorawan import frames
from gateway import devices
from gateway.network import transmissions
from gateway.network.config import NetworkConfig
from tests.gateway.desk import EUIS, START_MS, Desk, Node, abp, flip


def rows(desk: Desk) -> list[dict[str, object]]:
    return [dict(row) for row in desk.store.connection.execute("SELECT * FROM transmission ORDER BY id")]


def noted(desk: Desk) -> list[dict[str, object]]:
    return [dict(row) for row in desk.store.connection.execute("SELECT * FROM noted ORDER BY id")]


async def test_an_answer_is_a_row_before_it_is_sent(desk: Desk, node: Node) -> None:
    (uplink,) = desk.hear(desk.reception(node.uplink(confirmed=True)))
    await desk.clock.advance(200)
    (row,), (sent,) = rows(desk), desk.gateways.sent
    assert (row["dev_eui"], row["uplink_id"], row["gateway_id"]) == (node.dev_eui, uplink.id, EUIS[0])
    assert (row["opening"], row["at"], row["lead_ms"]) == (1, uplink.received_at + 1000, 800)
    assert (row["tmst"], row["frequency_hz"], row["data_rate"]) == (sent.tmst, 868_100_000, "SF9BW125")
    assert (row["fcnt_down"], row["fctrl"], row["size"]) == (0, frames.ADR | frames.ACK, len(sent.phy))
    assert row["on_air_us"] == 144_384 and row["refused"] is None
    assert transmissions.leads_ms(desk.store.connection, 0) == [800]


async def test_what_a_gateway_refuses_is_said_and_takes_no_airtime(desk: Desk, node: Node) -> None:
    desk.gateways.refusing = ["COLLISION_PACKET"]
    desk.hear(desk.reception(node.uplink(confirmed=True)))
    await desk.clock.advance(3000)
    assert [(row["opening"], row["refused"]) for row in rows(desk)] == [(1, "COLLISION_PACKET"), (2, None)]


async def test_a_restart_gives_no_airtime_back(tmp_path: Path) -> None:
    """One gateway, an hour of confirmed frames at SF12: a server that begins anew every few frames."""
    where, node = tmp_path / "ledger.db", abp(1)
    desk = Desk(where, config=NetworkConfig(adr=False, status_every_h=0))
    assert node.keys
    devices.add(desk.store, devices.Provisioning(node.dev_eui, "Aue", node.keys), START_MS)
    desk.store.close()
    clock, sent = desk.clock, 0
    for frame in range(60):
        if frame % 5 == 0:
            desk = Desk(where, clock, NetworkConfig(adr=False, status_every_h=0))
        desk.hear(desk.reception(node.uplink(confirmed=True))._replace(data_rate="SF12BW125"))
        await clock.advance(40_000)
        if frame % 5 == 4:
            sent += len(desk.gateways.sent)
            told = rows(desk)
            desk.store.close()
    spent_us = {1: 0, 2: 0}
    for row in told:
        spent_us[int(str(row["opening"]))] += int(str(row["on_air_us"]))
    frame_us = int(str(told[0]["on_air_us"]))
    assert sent == len(told) == 60
    assert 36_000_000 - frame_us < spent_us[1] <= 36_000_000, "1 % in the band of the uplinks"
    assert spent_us[2] > 0, "the rest in RX2, in the band with 10 %"


async def test_what_is_refused_is_noted_and_nobody_elses_frames_are(desk: Desk, node: Node) -> None:
    phy = node.uplink()
    desk.hear(desk.reception(phy))
    stranger = abp(9)
    for bad in (flip(phy, 90), stranger.uplink(), b"\x40"):
        desk.hear(desk.reception(bad))
    await desk.clock.advance(3000)
    desk.hear(desk.reception(phy))
    desk.hear(desk.reception(node.uplink()))
    desk.hear(desk.reception(phy))
    assert noted(desk) == []
    await desk.clock.advance(5000)
    told = [(row["cause"], row["dev_eui"], row["fcnt"], row["fcnt_up"]) for row in noted(desk)]
    whose = node.dev_eui
    assert told == [("mic", whose, 0, 0), ("repetition", whose, 0, 0), ("replay", whose, 0, 1)]


@pytest.mark.parametrize("cause", ["dev_nonce", "mic"])
async def test_a_join_that_is_refused_is_noted(desk: Desk, joiner: Node, cause: str) -> None:
    request = joiner.join_request()
    desk.hear(desk.reception(request))
    await desk.clock.advance(8000)
    desk.hear(desk.reception(request if cause == "dev_nonce" else flip(joiner.join_request(), 150)))
    desk.server.close()
    (row,) = noted(desk)
    assert (row["cause"], row["dev_eui"]) == (cause, joiner.dev_eui)
    (accept,) = rows(desk)
    assert (accept["dev_eui"], accept["uplink_id"], accept["fcnt_down"]) == (joiner.dev_eui, None, None)
