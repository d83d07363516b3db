"""The packet forwarder's own decisions: what it transmits, what it refuses, whom it waits for."""

import asyncio
import socket
from dataclasses import replace

import pytest

from codec.lorawan import airtime
from gateway.model import Downlink
from gateway.sources import gwmp
from simulator.air import Air, Channel, Place
from simulator.clock import VirtualClock
from simulator.forwarder import Forwarder, UdpGateway

NOW_US = 3_000_000
DOWN = Downlink("aa555a0000000101", b"down", 868_100_000, "SF9BW125", 14, 0)


class Server:
    """A gateway's UDP end that answers each datagram by the book and can ask for a transmission."""

    def __init__(self) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.setblocking(False)
        self.seen: list[gwmp.Datagram] = []
        self.next_downlink: Downlink | None = None
        asyncio.get_running_loop().add_reader(self.socket, self._answer)

    def _answer(self) -> None:
        raw, peer = self.socket.recvfrom(65535)
        datagram = gwmp.parse(raw)
        self.seen.append(datagram)
        answers = {gwmp.Kind.PUSH_DATA: gwmp.Kind.PUSH_ACK, gwmp.Kind.PULL_DATA: gwmp.Kind.PULL_ACK}
        if self.next_downlink:
            body = gwmp.txpk(self.next_downlink)
            self.socket.sendto(gwmp.build(gwmp.Kind.PULL_RESP, 77, body=body), peer)
            self.next_downlink = None
        if datagram.kind in answers:
            self.socket.sendto(gwmp.build(answers[datagram.kind], datagram.token), peer)

    def close(self) -> None:
        asyncio.get_running_loop().remove_reader(self.socket)
        self.socket.close()


@pytest.fixture
async def server():  # type: ignore[no-untyped-def]
    server = Server()
    yield server
    server.close()


async def answer_to(server: Server, *downlinks: Downlink) -> list[str | None]:
    """What the forwarder says to each downlink, asked for one after another."""
    clock = VirtualClock(NOW_US)
    forwarder = Forwarder(clock, Air(clock, 1), Place("g", 0, 0), "aa555a0000000101", 30)
    assert await forwarder.udp.start(server.socket.getsockname())
    for downlink in downlinks:
        server.next_downlink = downlink
        await forwarder.udp.pull()
        await forwarder.udp.settle()
    forwarder.udp.stop()
    return [gwmp.tx_error(seen.body) for seen in server.seen if seen.kind == gwmp.Kind.TX_ACK]


@pytest.mark.parametrize(
    ("lead_us", "error"),
    [
        (1_000_000, None),
        (43_000, None),
        (42_000, "TOO_LATE"),
        (-1, "TOO_LATE"),
        (512_000_000, None),
        (513_000_000, "TOO_EARLY"),
    ],
)
async def test_a_downlink_must_come_in_time(server: Server, lead_us: int, error: str | None) -> None:
    downlink = replace(DOWN, tmst=(NOW_US + lead_us) % (1 << 32))
    assert await answer_to(server, downlink) == [error]


async def test_two_downlinks_cannot_be_on_air_at_once(server: Server) -> None:
    first = replace(DOWN, tmst=NOW_US + 1_000_000)
    second = replace(DOWN, tmst=NOW_US + 1_050_000)
    third = replace(DOWN, tmst=NOW_US + 2_000_000)
    assert await answer_to(server, first, second, third) == [None, "COLLISION_PACKET", None]


async def test_the_answer_has_reached_the_server_before_time_goes_on(server: Server) -> None:
    await answer_to(server, replace(DOWN, tmst=NOW_US + 1_000_000))
    kinds = [seen.kind for seen in server.seen]
    # the PULL_DATA behind a TX_ACK is a barrier: its acknowledgement says that the TX_ACK was read
    assert kinds.index(gwmp.Kind.TX_ACK) < len(kinds) - 1 and kinds[-1] == gwmp.Kind.PULL_DATA


async def test_nobody_there_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("simulator.forwarder._ANSWER_S", 0.05)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        udp = UdpGateway("aa555a0000000101", lambda _: None)
        assert not await udp.start(silent.getsockname())
        assert udp.unanswered == 1
        udp.stop()


async def test_the_duty_cycle_of_a_gateway_is_a_sliding_hour_in_each_sub_band(server: Server) -> None:
    """869.4 to 869.65 MHz allow 360 s an hour, 868.0 to 868.6 MHz 36 s."""
    wide = replace(DOWN, phy=bytes(64), frequency_hz=869_525_000, data_rate="SF12BW125")
    narrow = replace(wide, frequency_hz=868_100_000)
    on_air_us = airtime.airtime_us(64, 12, 125_000, crc=False)

    def queued(frame: Downlink, count: int, first_us: int) -> list[Downlink]:
        return [replace(frame, tmst=NOW_US + first_us + place * 3_000_000) for place in range(count)]

    fits = 36_000_000 // on_air_us
    errors = await answer_to(server, *queued(narrow, fits + 2, 100_000), *queued(wide, 40, 100_000_000))
    assert errors == [None] * fits + ["DUTY_CYCLE_OVERFLOW"] * 2 + [None] * 40


async def test_what_was_sent_an_hour_ago_is_forgotten_by_the_duty_cycle() -> None:
    clock = VirtualClock(NOW_US)
    forwarder = Forwarder(clock, Air(clock, 1), Place("g", 0, 0), "aa555a0000000101", 30)
    channel = Channel(868_100_000, 12, 125_000)

    def spend() -> int:
        """How many frames go out now, one behind the other."""
        sent = 0
        while forwarder.transmit(bytes(64), channel, 14, 50_000 + sent * 3_000_000) is None:
            sent += 1
        return sent

    first = spend()
    assert first == 36_000_000 // airtime.airtime_us(64, 12, 125_000, crc=False)
    await clock.run(NOW_US + 3_590_000_000)
    assert spend() == 0
    await clock.run(NOW_US + 3_600_000_000 + first * 3_000_000)
    assert spend() == first
    forwarder.udp._socket.close()
