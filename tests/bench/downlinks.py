"""Answers in virtual time: confirmed uplinks and joins by the thousand, through gateways with a long way.

    python -m tests.bench.downlinks [frames]

Gateways take a downlink as the packet forwarder's queue does: 42.5 ms before its time at the latest, and
never two that overlap; a gateway that sends does not hear. Offered is half of the airtime that the sub-bands
of all gateways' first windows allow. Time on air and hours are tests.bench.age's, apart from the server's.
Where a frame has one gateway only, the most that anybody could answer in RX1 is known: the largest set of
answers of which no two overlap, with all frames known beforehand.
"""

import logging
import random
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from codec.lorawan.regions import datr, parse_datr
from gateway import devices
from gateway.model import Downlink, Reception, Told
from gateway.network.config import NetworkConfig
from tests.bench.age import Hours, airtime_s
from tests.gateway.desk import START_MS, Desk, ManualClock, Node, abp, otaa

ROUND_TRIPS_MS = (5, 400)
_LEAD_MS = 42.5
_BANDS_HZ = ((868_100_000, 868_300_000, 868_500_000), (867_100_000, 867_300_000, 867_500_000, 867_700_000))
_SFS = ((7, 0.70, -7.5), (9, 0.25, -12.5), (12, 0.05, -20.0))  # share, least SNR
_JOINS = 0.05
_ACK_SIZE, _ACCEPT_SIZE = 12, 17
_HALF_OF_HOUR_S = 18.0  # of one sub-band of 1 %
_NODES = 250
_TMST = 1 << 32


@dataclass
class Antenna:
    """One gateway: what it is going to send, by true time in ms."""

    number: int
    queue: list[tuple[float, float]] = field(default_factory=list)

    @property
    def eui(self) -> str:
        return f"aa555a00000002{self.number:02x}"

    def tmst(self, true_ms: float) -> int:
        return (round(true_ms * 1000) + self.number * 1_234_567_890) % _TMST

    def is_sending(self, from_ms: float, to_ms: float) -> bool:
        return any(start < to_ms and from_ms < end for start, end in self.queue)


class Yard:
    """gateway.network.answering.WayDown: all gateways, each a word's way off."""

    def __init__(self, clock: ManualClock, antennas: list[Antenna], round_trip_ms: int, rng: random.Random):
        self._clock, self._rng = clock, rng
        self._round_trip_ms = round_trip_ms
        self.antennas = {each.eui: each for each in antennas}
        self.hours = Hours()
        self.sent: Counter[str] = Counter()
        self.taken: list[Downlink] = []

    def one_way_ms(self) -> float:
        """A tenth more or less."""
        return self._round_trip_ms / 2 * self._rng.uniform(0.9, 1.1)

    def reaches(self, gateway_id: str) -> bool:
        return gateway_id in self.antennas

    def transmit(self, downlink: Downlink, told: Told) -> None:
        there_ms, back_ms, asked_ms = self.one_way_ms(), self.one_way_ms(), self._clock.now_ms()

        async def arrive() -> None:
            error = self._queue(downlink, asked_ms + there_ms)
            self.sent[error or "accepted"] += 1

            async def answer() -> None:
                told(error, round(there_ms + back_ms))

            self._clock.call_at(round(asked_ms + there_ms + back_ms), answer)

        self._clock.call_at(round(asked_ms + there_ms), arrive)

    def _queue(self, downlink: Downlink, now_ms: float) -> str | None:
        antenna = self.antennas[downlink.gateway_id]
        lead_ms = ((downlink.tmst or 0) - antenna.tmst(now_ms)) % _TMST / 1000
        on_air_s = airtime_s(len(downlink.phy), *parse_datr(downlink.data_rate), crc=False)
        start_ms = now_ms + lead_ms
        end_ms = start_ms + on_air_s * 1000
        if not _LEAD_MS < lead_ms < 20_000:
            return "TOO_LATE"
        if antenna.is_sending(start_ms - _LEAD_MS, end_ms + _LEAD_MS):
            return "COLLISION_PACKET"
        antenna.queue = [span for span in antenna.queue if span[1] > now_ms - 10_000] + [(start_ms, end_ms)]
        self.hours.book(downlink.gateway_id, start_ms, on_air_s, downlink.frequency_hz)
        self.taken.append(downlink)
        return None


@dataclass
class Outcome:
    offered: int = 0
    unheard: int = 0
    first: int = 0
    second: int = 0
    none: int = 0
    breaches: int = 0
    fullest: float = 0.0
    refused: int = 0
    most: int = 0
    counted: tuple[int, int] = (0, 0)

    @property
    def share(self) -> float:
        return self.first / self.offered


class Town:
    def __init__(self, folder: Path, gateways: int, hearing: int, round_trip_ms: int, seed: int):
        self.rng = random.Random(seed)
        self.clock = ManualClock()
        self.yard = Yard(self.clock, [Antenna(n) for n in range(gateways)], round_trip_ms, self.rng)
        self.hearing = hearing
        config = NetworkConfig(status_every_h=0, adr=False)
        self.desk = Desk(folder / "town.db", self.clock, config, self.yard)
        self.nodes = [abp(number) for number in range(1, _NODES + 1)]
        self.joiners = [otaa(number % 256) for number in range(1, 40)]
        for node in (*self.nodes, *self.joiners):
            keys = node.keys or node.otaa
            devices.add(self.desk.store, devices.Provisioning(node.dev_eui, "", keys), START_MS)
        self.expected: dict[tuple[str, int], tuple[int, int]] = {}  # (gateway, tmst): (frame, window)
        self.outcome = Outcome()
        self.first_windows: list[tuple[float, float]] = []  # end and start of each, where one gateway hears

    def mean_gap_ms(self) -> float:
        """So that answers fill half of the two sub-bands of all gateways."""
        ack = sum(share * airtime_s(_ACK_SIZE, sf, 125_000, crc=False) for sf, share, _ in _SFS)
        accept = sum(share * airtime_s(_ACCEPT_SIZE, sf, 125_000, crc=False) for sf, share, _ in _SFS)
        mean_s = (1 - _JOINS) * ack + _JOINS * accept
        per_hour = len(self.yard.antennas) * len(_BANDS_HZ) * _HALF_OF_HOUR_S / mean_s
        return 3_600_000 / per_hour

    def run(self, frames: int) -> Outcome:
        gap_ms, at_ms = self.mean_gap_ms(), float(START_MS)
        while self.outcome.offered < frames:
            at_ms += self.rng.expovariate(1 / gap_ms)
            self.pass_to(round(at_ms))
            self.speak()
        self.pass_to(round(at_ms) + 60_000)
        self.tell()
        return self.outcome

    def speak(self) -> None:
        """A node's frame ends now at the gateways; their words come later."""
        is_join = self.rng.random() < _JOINS
        node: Node = self.rng.choice(self.joiners if is_join else self.nodes)
        phy = node.join_request() if is_join else node.uplink(b"level 1234", confirmed=True)
        sf, _, least_db = self.rng.choices(_SFS, [row[1] for row in _SFS])[0]
        hz = self.rng.choice(_BANDS_HZ[0] if is_join else self.rng.choice(_BANDS_HZ))
        end_ms = self.clock.now_ms()
        start_ms = end_ms - airtime_s(len(phy), sf, 125_000) * 1000
        near = self.rng.sample(list(self.yard.antennas.values()), self.hearing)
        hearing = [each for each in near if not each.is_sending(start_ms, end_ms)]
        if not hearing:
            self.outcome.unheard += 1
            return
        number = self.outcome.offered
        self.outcome.offered += 1
        start_ms = end_ms + (5000 if is_join else 1000)
        long_ms = airtime_s(_ACCEPT_SIZE if is_join else _ACK_SIZE, sf, 125_000, crc=False) * 1000
        self.first_windows.append((start_ms + long_ms, start_ms))
        for antenna in hearing:
            self.expect(antenna, end_ms, number, 5 if is_join else 1)
            snr_db = least_db + self.rng.uniform(3, 25)
            self.deliver(antenna, phy, end_ms, (hz, datr(sf, 125_000), snr_db))

    def expect(self, antenna: Antenna, end_ms: int, number: int, delay_s: int) -> None:
        for window in (1, 2):
            tmst = (antenna.tmst(end_ms) + (delay_s + window - 1) * 1_000_000) % _TMST
            self.expected[antenna.eui, tmst] = (number, window)

    def deliver(self, antenna: Antenna, phy: bytes, end_ms: int, how: tuple[int, str, float]) -> None:
        arrives_ms = round(end_ms + self.yard.one_way_ms())

        async def arrive() -> None:
            tmst = antenna.tmst(end_ms)
            heard = Reception(antenna.eui, arrives_ms, phy, how[0], how[1], -100.0, round(how[2], 1), tmst)
            self.desk.hear(heard)

        self.clock.call_at(arrives_ms, arrive)

    def tell(self) -> None:
        windows: dict[int, int] = {}
        for down in self.yard.taken:
            number, window = self.expected[down.gateway_id, down.tmst or 0]
            windows[number] = window
        told, counters = self.outcome, self.desk.counters
        told.first = sum(window == 1 for window in windows.values())
        told.second = sum(window == 2 for window in windows.values())
        told.none = told.offered - len(windows)
        told.most = fitting(self.first_windows)
        told.breaches, told.fullest = self.yard.hours.breaches, self.yard.hours.fullest
        told.refused = self.yard.sent.total() - self.yard.sent["accepted"]
        told.counted = (counters.second_windows, counters.unanswered)
        self.desk.store.close()

    def pass_to(self, true_ms: int) -> None:
        try:
            self.clock.advance(true_ms - self.clock.now_ms()).send(None)
        except StopIteration:
            return
        raise RuntimeError("the server awaits something real")


def fitting(windows: list[tuple[float, float]]) -> int:
    """How many fit into one transmitter at most: always the one that ends first."""
    count, free_ms = 0, 0.0
    for end_ms, start_ms in sorted(windows):
        if start_ms >= free_ms + _LEAD_MS:
            count, free_ms = count + 1, end_ms
    return count


def town(frames: int, gateways: int, hearing: int, round_trip_ms: int, seed: int = 1) -> Outcome:
    with tempfile.TemporaryDirectory() as folder:
        return Town(Path(folder), gateways, hearing, round_trip_ms, seed).run(frames)


def main() -> None:
    frames = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    logging.getLogger("gateway").setLevel(logging.ERROR)
    print("| round trip | gateways, hearing each | frames | RX1 | at most | RX2 | none", end=" ")
    print("| fullest hour | breaches |")
    print("|---|---|---|---|---|---|---|---|---|")
    is_missed = False
    for round_trip_ms in ROUND_TRIPS_MS:
        for gateways, hearing in ((4, 3), (1, 1)):
            told = town(frames, gateways, hearing, round_trip_ms)
            most = f"{told.most / told.offered:.3%}" if hearing == 1 else "-"
            print(
                f"| {round_trip_ms} ms | {gateways}, {hearing} | {told.offered} | {told.share:.3%} | {most} "
                f"| {told.second} | {told.none} | {told.fullest:.1%} | {told.breaches} |",
                flush=True,
            )
            is_missed |= told.breaches > 0 or (hearing > 1 and told.share < 0.999)
    if is_missed:
        sys.exit("below 99.9 % in RX1, or beyond the duty cycle")


if __name__ == "__main__":
    main()
