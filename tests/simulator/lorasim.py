"""LoRaSim's experiments (Bor et al. 2016; variant B, natural logarithms) on our air, as it describes them."""

import heapq
import math
import random
from dataclasses import replace

from simulator.air import Air, Antenna, Channel, Heard, Link, Transmission
from simulator.clock import VirtualClock
from simulator.propagation import PATH_LOSS, Place

HZ = 868_100_000
DAY_US = 86_400_000_000
MEAN_US = 1_000_000_000  # between two frames of a node
POWER_DBM = 14
SINK = Place("sink", 0, 0)

# dBm by (SF, bandwidth): what its authors measured
SENSITIVITY = {
    (sf, bw): dbm
    for sf, row in {
        7: (-126.5, -124.25, -120.75),
        8: (-127.25, -126.75, -124.0),
        9: (-131.25, -128.25, -127.5),
        10: (-132.75, -130.25, -128.75),
        11: (-134.5, -132.75, -128.75),
        12: (-133.25, -132.25, -132.25),
    }.items()
    for bw, dbm in zip((125_000, 250_000, 500_000), row, strict=True)
}
LINK = Link("lorasim_b", 0.0, 1.0, 0.0, 6.0, "lorasim", 10**9, 0.0, SENSITIVITY)
ALOHA = replace(LINK, interference="aloha")


def airtime_us(sf: int, bw_hz: int, coding_rate: int, size: int = 20) -> int:
    """Semtech's formula in LoRaSim's terms: coding rate 4/(4 + `coding_rate`), explicit header."""
    low_rate = 2 if bw_hz == 125_000 and sf >= 11 else 0
    blocks = max(math.ceil((8 * size - 4 * sf + 44) / (4 * (sf - low_rate))), 0)
    return round((8 + 4.25 + 8 + blocks * (coding_rate + 4)) * (1 << sf) / bw_hz * 1e6)


class Network:
    """`nodes` nodes in a disc around one sink, each sending a frame after an exponential pause, for a day."""

    def __init__(self, link: Link, radius_m: float, seed: int):
        self.rng = random.Random(seed)
        self.radius_m = radius_m
        self.air = Air(VirtualClock(0), seed, link)
        self.heard = 0
        self.sent = 0
        self.air.add(Antenna(SINK, self._hear))

    def _hear(self, heard: Heard) -> None:
        self.heard += 1

    def places(self, nodes: int) -> list[Place]:
        """Uniform in the disc; the spacing of 10 m that LoRaSim speaks of its code does not keep."""
        polar = [
            (self.radius_m * math.sqrt(self.rng.random()), self.rng.uniform(0, 2 * math.pi))
            for _ in range(nodes)
        ]
        return [
            Place(f"n{n}", r * math.cos(angle), r * math.sin(angle)) for n, (r, angle) in enumerate(polar)
        ]

    def play(self, modes: list[tuple[Place, Channel, int]], span_us: int = DAY_US) -> float:
        """The share of frames received. A mode is a node, its channel and its frame's time on air."""
        begin, end = self.air.begin, self.air.end
        expovariate = self.rng.expovariate
        starts = [(round(expovariate(1 / MEAN_US)), index) for index in range(len(modes))]
        heapq.heapify(starts)
        on_air: list[tuple[int, int, Transmission, list]] = []  # type: ignore[type-arg]
        while starts[0][0] < span_us:
            start_us, index = starts[0]
            while on_air and on_air[0][0] <= start_us:
                end(*heapq.heappop(on_air)[2:])
            place, channel, lasts_us = modes[index]
            sent = Transmission(place, b"", channel, POWER_DBM, start_us, start_us + lasts_us)
            self.sent += 1
            heapq.heappush(on_air, (sent.end_us, self.sent, sent, begin(sent)))
            heapq.heapreplace(starts, (sent.end_us + round(expovariate(1 / MEAN_US)), index))
        while on_air:
            end(*heapq.heappop(on_air)[2:])
        return self.heard / self.sent


def radius_m(sensitivity_dbm: float) -> float:
    return PATH_LOSS["lorasim_b"].range_m(POWER_DBM - sensitivity_dbm)


def one_mode(link: Link, nodes: int, coding_rate: int, seed: int, days: float = 1.0) -> float:
    """SN1 (coding rate 4/8) and SN3 (4/5): everyone at SF12 and 125 kHz."""
    network = Network(link, radius_m(-132.25), seed)
    lasts_us = airtime_us(12, 125_000, coding_rate)
    modes = [(place, Channel(HZ, 12, 125_000), lasts_us) for place in network.places(nodes)]
    return network.play(modes, round(days * DAY_US))


def fastest_mode(link: Link, nodes: int, seed: int, days: float = 1.0) -> float:
    """SN4: everyone at the mode with the shortest airtime that reaches the sink."""
    network = Network(link, radius_m(-134.5), seed)
    loss = PATH_LOSS["lorasim_b"]
    modes = []
    for place in network.places(nodes):
        level_dbm = POWER_DBM - loss.loss(place.distance_m(SINK))
        reaching = [mode for mode, dbm in SENSITIVITY.items() if dbm < level_dbm]
        sf, bw = min(reaching, key=lambda mode: airtime_us(*mode, 1))
        modes.append((place, Channel(HZ, sf, bw), airtime_us(sf, bw, 1)))
    return network.play(modes, round(days * DAY_US))
