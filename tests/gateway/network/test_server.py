"""The life of a frame: counted, stored, answered."""

import pytest

from codec.lorawan import commands, frames, join
from gateway import devices
from tests.gateway.desk import EUIS, START_MS, Desk, Node, abp, flip


async def test_a_new_frame_is_stored_with_its_reception(desk: Desk, node: Node) -> None:
    (uplink,) = desk.hear(desk.reception(node.uplink(b"hello")))
    assert (uplink.payload, uplink.fcnt, uplink.received_at) == (b"hello", 0, START_MS)
    assert desk.store.undecoded() == [uplink]
    row = desk.store.connection.execute("SELECT * FROM reception").fetchone()
    assert (row["uplink_id"], row["gateway_id"], row["snr_db"], row["frequency_hz"], row["data_rate"]) == (
        uplink.id,
        EUIS[0],
        5.0,
        868_100_000,
        "SF9BW125",
    )
    assert desk.counters.uplinks == 1


async def test_copies_of_further_gateways_are_receptions_of_one_uplink(desk: Desk, node: Node) -> None:
    """Until the node's second window has closed, for a slow backhaul, and nothing is answered twice."""
    phy = node.uplink(confirmed=True)
    desk.hear(desk.reception(phy))
    await desk.clock.advance(150)
    assert desk.hear(desk.reception(phy, EUIS[1])) == []
    await desk.clock.advance(1849)
    desk.hear(desk.reception(phy, EUIS[2]))
    found = desk.store.connection.execute("SELECT gateway_id FROM reception ORDER BY gateway_id").fetchall()
    assert [row[0] for row in found] == list(EUIS)
    assert (desk.counters.uplinks, desk.counters.duplicates, desk.counters.repetitions) == (1, 2, 0)
    await desk.clock.advance(10_000)
    assert len(desk.gateways.sent) == 1


async def test_a_confirmed_uplink_is_answered_by_the_best_gateway(desk: Desk, node: Node) -> None:
    phy = node.uplink(confirmed=True)
    desk.hear(desk.reception(phy, EUIS[0], snr_db=-3.0))
    await desk.clock.advance(199)
    desk.hear(desk.reception(phy, EUIS[1], snr_db=6.0))
    assert desk.gateways.sent == []
    await desk.clock.advance(1)
    (rx1,) = desk.gateways.sent
    assert (rx1.gateway_id, rx1.frequency_hz, rx1.data_rate) == (EUIS[1], 868_100_000, "SF9BW125")
    assert rx1.tmst == ((START_MS + 199) * 1000 + 1_000_000) % 2**32
    down = frames.parse(rx1.phy)
    assert (down.mtype, down.fctrl, down.fcnt) == (frames.UNCONFIRMED_DOWN, frames.ACK | frames.ADR, 0)
    assert node.keys and frames.mic_fits(rx1.phy, node.keys.nwk_s_key, 0)


async def test_only_a_gateway_with_a_way_down_answers(desk: Desk, node: Node) -> None:
    desk.gateways.deaf = {EUIS[1]}
    phy = node.uplink(confirmed=True)
    desk.hear(desk.reception(phy, EUIS[0], -3.0), desk.reception(phy, EUIS[1], 6.0))
    await desk.clock.advance(1000)
    assert [down.gateway_id for down in desk.gateways.sent] == [EUIS[0]]
    desk.gateways.deaf = set(EUIS)
    desk.hear(desk.reception(node.uplink(confirmed=True)))
    await desk.clock.advance(1000)
    assert len(desk.gateways.sent) == 1


async def test_a_plain_uplink_is_not_answered_unless_it_asks(desk: Desk, node: Node) -> None:
    desk.hear(desk.reception(node.uplink()))
    desk.hear(desk.reception(node.uplink(fctrl=frames.ADR)))
    await desk.clock.advance(3000)
    assert desk.gateways.sent == []
    desk.hear(desk.reception(node.uplink(fctrl=frames.ADR | frames.ADR_ACK_REQ)))
    await desk.clock.advance(3000)
    (rx1,) = desk.gateways.sent
    assert frames.parse(rx1.phy).fctrl == frames.ADR


async def test_a_repetition_gets_the_same_answer_and_is_not_stored(desk: Desk, node: Node) -> None:
    phy = node.uplink(confirmed=True)
    desk.hear(desk.reception(phy))
    await desk.clock.advance(2000)
    before = desk.dump("transmission")
    for repetition in (1, 2):
        assert desk.hear(desk.reception(phy), desk.reception(phy, EUIS[1])) == []
        assert (desk.counters.repetitions, desk.counters.duplicates) == (repetition, repetition)
        await desk.clock.advance(2500)
    assert desk.dump("transmission") == before
    assert len({rx1.phy for rx1 in desk.gateways.sent}) == 1
    assert len({rx1.tmst for rx1 in desk.gateways.sent}) == 3


@pytest.mark.parametrize("rx_delay_s", [1, 5])
async def test_a_late_copy_becomes_a_repetition_a_second_after_rx1(
    desk: Desk, node: Node, rx_delay_s: int
) -> None:
    with desk.store.transaction():
        desk.store.connection.execute("UPDATE session SET rx_delay_s = ?", (rx_delay_s,))
    phy = node.uplink()
    desk.hear(desk.reception(phy))
    await desk.clock.advance((rx_delay_s + 1) * 1000 - 1)
    again = Desk(desk.store.where, desk.clock)  # it has the row alone to know by
    counters = []
    for wait_ms in (1, 0):
        again.hear(again.reception(phy, EUIS[1]))
        await desk.clock.advance(wait_ms)
        counters.append((again.counters.duplicates, again.counters.repetitions))
    again.store.close()
    assert counters == [(1, 0), (1, 1)]


async def test_a_repetition_after_a_restart_gets_the_same_answer(desk: Desk, node: Node) -> None:
    phy = node.uplink(confirmed=True)
    desk.hear(desk.reception(phy))
    await desk.clock.advance(5000)
    again = Desk(desk.store.where, desk.clock)
    again.hear(again.reception(phy))
    await desk.clock.advance(5000)
    again.hear(again.reception(node.uplink(confirmed=True)))
    await desk.clock.advance(5000)
    again.store.close()
    first, repeated, following = desk.gateways.sent + again.gateways.sent
    assert first.phy == repeated.phy and frames.parse(first.phy).fcnt == 0
    assert frames.parse(following.phy).fcnt == 16, "of the lease before nothing is given out any more"


async def test_what_no_gateway_sent_is_no_answer(desk: Desk, node: Node) -> None:
    """The node has heard nothing: it gets new bytes, with a counter of their own."""
    desk.gateways.refusing = ["TOO_LATE", "TOO_LATE"]
    phy = node.uplink(confirmed=True)
    for _ in range(2):
        desk.hear(desk.reception(phy))
        await desk.clock.advance(5000)
    assert [frames.parse(sent.phy).fcnt for sent in desk.gateways.sent] == [0, 0, 1]


async def test_each_repetition_is_told_the_time_of_its_own_end(desk: Desk, node: Node) -> None:
    """TS001 5.9: a cached answer would set the node's clock back by as long as the repetition waited."""
    phy = node.uplink(bytes([commands.DEVICE_TIME]), fport=0)
    told = []
    for _ in range(3):
        desk.hear(desk.reception(phy))
        ended_ms = desk.clock.now_ms() - 50  # half the round trip of an unknown gateway
        await desk.clock.advance(5000)
        answer = frames.parse(desk.gateways.sent[-1].phy)
        assert answer.fopts[0] == commands.DEVICE_TIME
        gps_s = int.from_bytes(answer.fopts[1:5], "little") + answer.fopts[5] / 256
        told.append((answer.fcnt, abs(gps_s + 315_964_800 - 18 - ended_ms / 1000) < 0.1))
    assert told == [(0, True), (1, True), (2, True)]


async def test_an_unconfirmed_repetition_is_only_counted(desk: Desk, node: Node) -> None:
    phy = node.uplink()
    desk.hear(desk.reception(phy))
    await desk.clock.advance(3000)
    desk.hear(desk.reception(phy))
    await desk.clock.advance(3000)
    assert desk.counters.repetitions == 1
    assert desk.gateways.sent == []


async def test_every_answer_has_its_own_counter(desk: Desk, node: Node) -> None:
    for _ in range(3):
        desk.hear(desk.reception(node.uplink(confirmed=True)))
        await desk.clock.advance(3000)
    assert [frames.parse(rx1.phy).fcnt for rx1 in desk.gateways.sent] == [0, 1, 2]


async def test_a_join_is_answered_after_five_seconds(desk: Desk, joiner: Node) -> None:
    assert desk.hear(desk.reception(joiner.join_request())) == []
    await desk.clock.advance(200)
    (rx1,) = desk.gateways.sent
    assert rx1.tmst == (START_MS * 1000 + 5_000_000) % 2**32
    accept = join.open_accept(rx1.phy, joiner.app_key)
    assert (accept.join_nonce, accept.net_id, accept.rx_delay_s, accept.cf_list) == (1, 0, 1, b"")
    assert accept.dev_addr < 1 << 25
    assert desk.counters.joins == 1


async def joined(desk: Desk, joiner: Node) -> None:
    desk.hear(desk.reception(joiner.join_request()))
    await desk.clock.advance(10_000)
    joiner.hear_accept(desk.gateways.sent[-1].phy)


def states(desk: Desk) -> list[str]:
    return [row[0] for row in desk.store.connection.execute("SELECT state FROM session ORDER BY id")]


async def test_the_first_uplink_of_a_session_ends_the_former(desk: Desk, joiner: Node) -> None:
    await joined(desk, joiner)
    assert states(desk) == ["pending"]
    desk.hear(desk.reception(joiner.uplink()))
    assert states(desk) == ["active"]
    former = joiner.keys
    await joined(desk, joiner)
    assert states(desk) == ["active", "pending"]
    session, fcnt = joiner.keys, joiner.fcnt
    joiner.keys, joiner.fcnt = former, 7
    assert desk.hear(desk.reception(joiner.uplink())), "a session goes on until the next one is used"
    joiner.keys, joiner.fcnt = session, fcnt
    desk.hear(desk.reception(joiner.uplink()))
    assert states(desk) == ["ended", "active"]
    joiner.keys, joiner.fcnt = former, 8
    assert desk.hear(desk.reception(joiner.uplink())) == []
    kinds = [row[0] for row in desk.store.connection.execute("SELECT kind FROM event ORDER BY id")]
    assert kinds == ["join", "join"]


async def test_a_session_outlives_a_join_that_the_device_did_not_hear(desk: Desk, joiner: Node) -> None:
    """A join-request that was jammed and is sent later by somebody else must not cut off the node."""
    jammed = joiner.join_request()
    await joined(desk, joiner)
    desk.hear(desk.reception(jammed))
    await desk.clock.advance(10_000)
    assert desk.hear(desk.reception(joiner.uplink()))
    assert states(desk) == ["active", "pending"]
    assert desk.hear(desk.reception(joiner.uplink()))


async def test_a_join_request_counts_once_however_many_hear_it(desk: Desk, joiner: Node) -> None:
    phy = joiner.join_request()
    desk.hear(desk.reception(phy, EUIS[0], -5.0), desk.reception(phy, EUIS[1], 3.0))
    await desk.clock.advance(500)
    desk.hear(desk.reception(phy, EUIS[2]))
    await desk.clock.advance(10_000)
    assert (desk.counters.joins, desk.counters.duplicates, desk.counters.refused["dev_nonce"]) == (1, 2, 0)
    assert [down.gateway_id for down in desk.gateways.sent] == [EUIS[1]]
    desk.hear(desk.reception(phy))
    assert desk.counters.refused["dev_nonce"] == 1


def test_copies_in_one_wake_up_are_copies(desk: Desk, node: Node, joiner: Node) -> None:
    """Nothing has been answered yet, and the DevNonce is used by the first of them."""
    for phy in (joiner.join_request(), node.uplink()):
        desk.hear(*(desk.reception(phy, eui) for eui in EUIS))
    assert (desk.counters.joins, desk.counters.uplinks, desk.counters.duplicates) == (1, 1, 4)
    assert desk.counters.refused["dev_nonce"] == 0
    assert desk.store.connection.execute("SELECT count(*) FROM reception").fetchone()[0] == 3


def test_what_cannot_be_read_undoes_nothing_of_the_others(desk: Desk, node: Node) -> None:
    heard = [desk.reception(phy) for phy in (node.uplink(), b"\x40\x01", node.uplink())]
    assert len(desk.hear(*heard)) == 2
    assert desk.counters.refused["malformed"] == 1


async def test_a_dev_nonce_stays_used_for_ever(desk: Desk, joiner: Node) -> None:
    first = joiner.join_request()
    desk.hear(desk.reception(first))
    for _ in range(30):
        await desk.clock.advance(10_000)
        desk.hear(desk.reception(joiner.join_request()))
    await desk.clock.advance(10_000)
    before = desk.dump()
    desk.hear(desk.reception(first))
    assert desk.dump() == before
    assert desk.counters.refused["dev_nonce"] == 1


@pytest.mark.parametrize(
    ("phy", "cause"),
    [
        (b"", "malformed"),
        (b"\x40\x01\x02\x03", "malformed"),
        (b"\x41" + bytes(11), "malformed"),
        (b"\x00" + bytes(21), "malformed"),
        (b"\x20" + bytes(16), "malformed"),
        (b"\x60" + bytes(11), "malformed"),
        (b"\xe0" + bytes(11), "malformed"),
        (b"\x40" + bytes(4) + b"\x0f" + bytes(6), "malformed"),
        (b"\x00" + bytes(22), "unknown_device"),
        (b"\x40\xff\xff\xff\xff" + bytes(7), "unknown_device"),
        (b"\x40\x01\x00\x00\x00" + bytes(7), "mic"),
    ],
)
async def test_what_is_refused_is_counted_by_its_cause(
    desk: Desk, node: Node, phy: bytes, cause: str
) -> None:
    before = desk.dump()
    good = node.uplink()
    assert desk.hear(desk.reception(phy)) == []
    assert desk.counters.refused == dict.fromkeys(desk.counters.refused, 0) | {cause: 1}
    assert desk.dump() == before
    assert desk.hear(desk.reception(phy), desk.reception(good)), "a good frame beside it is not lost"


async def test_devices_may_share_an_address(desk: Desk, node: Node) -> None:
    assert node.keys
    twin = abp(2, node.keys.dev_addr)
    assert twin.keys
    devices.add(desk.store, devices.Provisioning(twin.dev_eui, "twin", twin.keys), START_MS)
    for sender in (node, twin, twin, node):
        (uplink,) = desk.hear(desk.reception(sender.uplink()))
        assert uplink.dev_eui == sender.dev_eui


async def test_a_device_of_another_process_is_known_at_once(desk: Desk) -> None:
    """`messfunk device add` and `reset-session` write to the same file while the gateway runs."""
    late = abp(9)
    assert late.keys
    assert desk.hear(desk.reception(late.uplink())) == []
    other = Desk(desk.store.where)
    devices.add(other.store, devices.Provisioning(late.dev_eui, "late", late.keys), START_MS)
    assert desk.hear(desk.reception(late.uplink()))
    late.fcnt = -1
    assert desk.hear(desk.reception(late.uplink(b"anew"))) == []
    devices.reset_session(other.store, late.dev_eui, START_MS)
    other.store.close()
    late.fcnt = -1
    assert desk.hear(desk.reception(late.uplink(b"anew")))
    assert desk.fcnts(late.dev_eui) == [(1, 1), (2, 0)]


async def test_the_same_bytes_are_new_once_more_after_a_reset(desk: Desk, node: Node) -> None:
    phy = node.uplink(confirmed=True)
    desk.hear(desk.reception(phy))
    await desk.clock.advance(1500)
    devices.reset_session(desk.store, node.dev_eui, START_MS)
    assert desk.hear(desk.reception(phy))
    await desk.clock.advance(1000)
    desk.hear(desk.reception(phy, EUIS[1]))
    await desk.clock.advance(5000)
    assert (desk.counters.uplinks, desk.counters.duplicates, len(desk.gateways.sent)) == (2, 1, 2)


async def test_a_damaged_frame_is_refused_whichever_bit_is_turned(desk: Desk, node: Node) -> None:
    phy = node.uplink(b"level", confirmed=True)
    before = desk.dump()
    for bit in range(8 * len(phy)):
        assert desk.hear(desk.reception(flip(phy, bit))) == []
    assert desk.dump() == before
    assert sum(desk.counters.refused.values()) == 8 * len(phy)
    assert desk.hear(desk.reception(phy))
