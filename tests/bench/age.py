"""Ten years of one node in minutes: its MAC against the gateway's network server, with all that goes wrong.

    python -m tests.bench.age [years] [seed]

An uplink each 15 minutes, each from a program that has just woken. Two gateways hear the node over a path
that changes with the seasons and by the day, so that ADR has work. Uplinks, downlinks and answers are lost,
gateways are away for days and refuse to send, the node's power fails, the server restarts, each time with one
of four configurations, and its clock jumps.
Time on air is computed by the datasheet's formula once more, and each sliding hour of node and gateways is
added up anew. A downlink that goes out where the node does not listen is counted as `astray`.
"""

import logging
import math
import random
import sys
import tempfile
import time
from collections import Counter, deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from codec.lorawan.regions import EU868, datr, parse_datr, sub_band_index
from firmware.mac.actions import Done, Listen, Options, Otaa, Transmit
from firmware.mac.machine import Mac
from gateway import devices
from gateway.model import Downlink, Reception
from gateway.network import link
from gateway.network.config import NetworkConfig
from tests.gateway.desk import EUIS, JOIN_EUI, START_MS, Desk, ManualClock, otaa

INTERVAL_MS = 900_000
HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
_DOWNLINK_LOSS, _REFUSED = 0.3, 0.05
_POWER_FAILS_EVERY, _AWAY_EVERY, _SERVER_RESTARTS_EVERY, _CLOCK_JUMPS_EVERY = 3000, 6000, 2500, 4000
_LONGEST_AWAY_MS = 3 * DAY_MS
_STUCK = 24  # intervals in a row without an uplink: six hours
_ONE_WAY_MS = (2, 40)
_NOISE_DBM = -117.0  # of 125 kHz with a noise figure of 6 dB
_REQUIRED_DB = {7: -7.5, 8: -10.0, 9: -12.5, 10: -15.0, 11: -17.5, 12: -20.0}

_CONFIGURATIONS = (
    NetworkConfig(channels_hz=(867_100_000, 867_300_000, 867_500_000)),
    NetworkConfig(channels_hz=tuple(range(867_100_000, 868_000_000, 200_000)), rx2_data_rate=3),
    NetworkConfig(rx1_delay_s=5, rx1_dr_offset=2, status_every_h=6),
    NetworkConfig(rx1_delay_s=2, rx2_hz=868_500_000, adr_margin_db=5.0, channels_hz=(867_900_000,)),
)


def airtime_s(size: int, sf: int, bw_hz: int, crc: bool = True) -> float:
    """SX1276 datasheet 4.1.1.7, in floats, apart from codec.lorawan.airtime."""
    symbol_s = 2**sf / bw_hz
    optimised = symbol_s >= 0.016
    blocks = math.ceil((8 * size - 4 * sf + 28 + 16 * crc) / (4 * (sf - 2 * optimised)))
    return (8 + 4.25 + 8 + max(blocks * 5, 0)) * symbol_s


class Memory(dict[str, bytes]):
    writes = 0

    def put(self, key: str, value: bytes) -> None:
        self.writes += 1
        self[key] = value


class JumpingClock(ManualClock):
    """The server's: off by `skew_ms` from true time, which the test turns."""

    def __init__(self, true: ManualClock) -> None:
        super().__init__()
        self.true = true
        self.skew_ms = 0

    def now_ms(self) -> int:
        return self.true.now_ms() + self.skew_ms

    def call_at(self, when_ms: int, action: Callable[[], Awaitable[None]]) -> None:
        self.true.call_at(when_ms - self.skew_ms, action)


@dataclass
class Hours:
    """Who sent how long in which sub-band; each hour that ends with a frame is added up."""

    fullest: float = 0.0  # share of what the law allows
    breaches: int = 0
    on_air: dict[tuple[str, int], deque[tuple[float, float]]] = field(default_factory=dict)

    def book(self, who: str, start_ms: float, on_air_s: float, hz: int) -> None:
        end_s, band = start_ms / 1000 + on_air_s, sub_band_index(EU868, hz)
        spans = self.on_air.setdefault((who, band), deque())
        spans.append((end_s, on_air_s))
        while spans[0][0] <= end_s - 3600:
            spans.popleft()
        spent_s = sum(min(took_s, at_s - (end_s - 3600)) for at_s, took_s in spans)
        share = spent_s / (EU868.sub_bands[band][2] * 3.6)
        self.fullest = max(self.fullest, share)
        self.breaches += share > 1 + 1e-9  # a sum of floats


@dataclass
class Life:
    """What is to be told at the end, and what must not happen."""

    uplinks: int = 0
    frames: int = 0
    lost: int = 0
    attempts: int = 0
    sessions: int = 0
    downlinks: int = 0
    astray: int = 0
    power_failures: int = 0
    restarts: int = 0
    jumps: int = 0
    waits: int = 0
    stuck: int = 0
    data_rates: Counter[int] = field(default_factory=Counter)
    node: Hours = field(default_factory=Hours)
    gateways: Hours = field(default_factory=Hours)


class Path868:
    """The way to two gateways: a year's swing, days' weather, each frame's fading."""

    def __init__(self, rng: random.Random):
        self._rng = rng
        self._weather_db = 0.0

    def snr_db(self, power_dbm: float, now_ms: int) -> tuple[float, float]:
        self._weather_db = 0.995 * self._weather_db + self._rng.gauss(0, 0.5)
        season_db = 6 * math.sin(2 * math.pi * now_ms / (365.25 * DAY_MS))
        loss_db = 128 + season_db + self._weather_db
        near = power_dbm - loss_db - _NOISE_DBM + self._rng.gauss(0, 2.5)
        return near, near - 6 + self._rng.gauss(0, 2.5)


class Ageing:
    def __init__(self, path: Path, rng: random.Random):
        self.path, self.rng = path, rng
        self.true = ManualClock()
        self.clock = JumpingClock(self.true)
        self.way = Path868(rng)
        self.desk = Desk(path, self.clock, _CONFIGURATIONS[0])
        self.node = otaa(7)
        devices.add(self.desk.store, devices.Provisioning(self.node.dev_eui, "old", self.node.otaa), START_MS)
        self.life = Life()
        self.flash, self.rtc = Memory(), Memory()
        self.power_on_ms = START_MS
        self.away_until_ms = 0
        self.silent_intervals = 0
        self.mac = self.boot()

    def boot(self) -> Mac:
        identity = Otaa(bytes.fromhex(self.node.dev_eui), bytes.fromhex(JOIN_EUI), self.node.app_key)
        return Mac(EU868, identity, (self.flash, self.rtc), self.rng.randrange, Options(5, True, 0))

    def now_ms(self) -> int:
        """The node's clock: since power-on."""
        return self.true.now_ms() - self.power_on_ms

    def wake(self) -> None:
        """One interval of the node's life."""
        self.mishaps()
        self.mac = self.boot()
        if not self.mac.joined() or self.mac.is_lost():
            self.join()
        if not self.mac.joined() or self.mac.wait_ms(self.now_ms(), 50):
            self.wait()
            return
        self.silent_intervals = 0
        self.life.uplinks += 1
        if self.rng.random() < 0.01:
            self.mac.ask(self.rng.choice((0x02, 0x0D)))
        payload = self.rng.randbytes(self.rng.randrange(5, 40))
        self.cycle(self.mac.uplink(self.now_ms(), 1, payload, self.rng.random() < 0.02))

    def join(self) -> None:
        if self.mac.join_wait_ms(self.now_ms()):
            return
        self.life.attempts += 1
        former = self.flash.get("nonces")
        self.cycle(self.mac.join(self.now_ms()))
        self.life.sessions += self.flash["nonces"][8:] != (former or bytes(12))[8:]

    def wait(self) -> None:
        self.life.waits += 1
        self.silent_intervals += 1
        self.life.stuck += self.silent_intervals == _STUCK

    def mishaps(self) -> None:
        now_ms = self.true.now_ms()
        if self.rng.randrange(_POWER_FAILS_EVERY) == 0:
            self.life.power_failures += 1
            self.power_on_ms = now_ms  # the clock begins anew; now and then RTC memory survives that
            if self.rng.random() < 0.8:
                self.rtc = Memory()
        if self.rng.randrange(_AWAY_EVERY) == 0:
            self.away_until_ms = now_ms + self.rng.randrange(_LONGEST_AWAY_MS)
        if self.rng.randrange(_CLOCK_JUMPS_EVERY) == 0:
            self.life.jumps += 1
            self.clock.skew_ms = self.rng.randrange(-HOUR_MS, HOUR_MS) if self.rng.random() < 0.7 else 0
        if self.rng.randrange(_SERVER_RESTARTS_EVERY) == 0:
            self.life.restarts += 1
            self.desk.store.close()
            self.desk = Desk(self.path, self.clock, self.rng.choice(_CONFIGURATIONS))

    def cycle(self, action: Any) -> None:
        answers: list[Downlink] = []
        end_ms = 0
        while not isinstance(action, Done):
            if isinstance(action, Transmit):
                end_ms = self.transmit(action)
                answers = self.gateways_hear(action, end_ms)
                action = self.mac.sent(end_ms - self.power_on_ms)
                windows = 0
            elif isinstance(action, Listen):
                windows += 1
                heard = self.heard(action, answers, end_ms)
                self.pass_until(action.open_ms + action.timeout_ms)
                action = self.mac.heard(heard, self.now_ms(), self.rng.randrange(-20, 10))
                if windows == 2 or heard:
                    self.life.astray += sum(1 for answer in answers if answer)
                    answers = []
            else:
                self.pass_until(action.until_ms)
                action = self.mac.resume(self.now_ms())

    def transmit(self, sent: Transmit) -> int:
        """When it ends."""
        channel, start_ms = sent.channel, self.true.now_ms()
        on_air_s = airtime_s(len(sent.frame), channel.sf, channel.bw_hz)
        self.life.frames += 1
        self.life.data_rates[12 - channel.sf] += 1
        self.life.node.book("node", start_ms, on_air_s, channel.hz)
        self.pass_ms(round(on_air_s * 1000))
        return self.true.now_ms()

    def gateways_hear(self, sent: Transmit, end_ms: int) -> list[Downlink]:
        """What they then transmit: in RX1, or in RX2 after a refusal."""
        ears = self.desk.gateways
        ears.sent.clear()
        ears.round_trip_ms = self.rng.randrange(2 * _ONE_WAY_MS[0], 2 * _ONE_WAY_MS[1])
        ears.refusing = ["COLLISION_PACKET"] if self.rng.random() < _REFUSED else []
        is_refused = bool(ears.refusing)
        levels = self.way.snr_db(sent.power_dbm, end_ms)
        reached = [(eui, level) for eui, level in zip(EUIS, levels, strict=False)
                   if level >= _REQUIRED_DB[sent.channel.sf] and self.rng.random() > 0.02]  # fmt: skip
        if self.true.now_ms() < self.away_until_ms or not reached:
            self.life.lost += 1
            return []
        for eui, level in reached:
            self.pass_ms(self.rng.randrange(*_ONE_WAY_MS))
            self.desk.hear(self.reception(sent, eui, level, end_ms))
        self.pass_ms(400)
        return self.accepted(ears.sent, is_refused, end_ms)

    def reception(self, sent: Transmit, eui: str, snr_db: float, end_ms: int) -> Reception:
        return Reception(
            gateway_id=eui,
            received_at=self.clock.now_ms(),
            phy=sent.frame,
            frequency_hz=sent.channel.hz,
            data_rate=datr(sent.channel.sf, sent.channel.bw_hz),
            rssi_dbm=_NOISE_DBM + snr_db,
            snr_db=round(snr_db, 1),
            tmst=end_ms * 1000 % (1 << 32),
        )

    def accepted(self, sent: list[Downlink], is_refused: bool, end_ms: int) -> list[Downlink]:
        taken = sent[1:] if is_refused else sent[:]
        for down in taken:
            on_air_s = airtime_s(len(down.phy), *parse_datr(down.data_rate), crc=False)
            start_ms = end_ms + (down.tmst - end_ms * 1000) % (1 << 32) / 1000
            self.life.gateways.book(down.gateway_id, start_ms, on_air_s, down.frequency_hz)
        return taken

    def heard(self, window: Listen, answers: list[Downlink], end_ms: int) -> bytes | None:
        """The answer that falls into this window, on its channel and in time, if the air lets it through."""
        for answer in answers:
            delay_ms = (answer.tmst - end_ms * 1000) % (1 << 32) // 1000
            starts_ms = end_ms + delay_ms - self.power_on_ms
            where = (window.channel.hz, datr(window.channel.sf, window.channel.bw_hz))
            is_open = window.open_ms <= starts_ms <= window.open_ms + window.timeout_ms
            if (answer.frequency_hz, answer.data_rate) == where and is_open:
                answers.remove(answer)
                if self.rng.random() < _DOWNLINK_LOSS:
                    return None
                self.life.downlinks += 1
                return answer.phy
        return None

    def pass_ms(self, duration_ms: int) -> None:
        try:
            self.true.advance(duration_ms).send(None)
        except StopIteration:
            return
        raise RuntimeError("the server awaits something real")

    def pass_until(self, node_ms: int) -> None:
        self.pass_ms(max(0, node_ms - self.now_ms()))

    def disagreements(self) -> list[str]:
        """Where the server's row of the session and the node differ although no question is open."""
        mine = self.mac._hops.session
        rows = self.desk.store.candidates(f"{mine.dev_addr:08x}") if mine else []
        if mine is None or not rows:
            return ["session"]
        session = rows[0]
        known = link.of(session)
        if known.asked or known.data_rate not in (None, mine.data_rate):
            return []
        told = {
            "rx_delay_s": (session.rx_delay_s, mine.rx_delay_s),
            "rx1_dr_offset": (session.rx1_dr_offset, mine.rx1_dr_offset),
            "rx2_data_rate": (session.rx2_data_rate, mine.rx2_data_rate),
            "rx2_hz": (known.rx2_hz or EU868.rx2[0], mine.rx2_hz),
        }
        return [name for name, (ours, theirs) in told.items() if ours != theirs]


def age(years: float, seed: int) -> tuple[Life, Ageing]:
    with tempfile.TemporaryDirectory() as folder:
        ageing = Ageing(Path(folder) / "age.db", random.Random(seed))
        next_ms = START_MS
        while next_ms < START_MS + years * 365.25 * DAY_MS:
            ageing.wake()
            next_ms += INTERVAL_MS
            ageing.pass_ms(max(0, next_ms - ageing.true.now_ms()))
        differ = ageing.disagreements()
        ageing.desk.store.close()
    if differ:
        raise RuntimeError(f"server and node disagree about {', '.join(differ)}")
    return ageing.life, ageing


def main() -> None:
    years = float(sys.argv[1]) if len(sys.argv) > 1 else 10
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    logging.getLogger("gateway").setLevel(logging.ERROR)
    began = time.monotonic()
    life, ageing = age(years, seed)
    session = ageing.mac._hops.session
    counters = ageing.desk.counters.as_dict()
    rates = ", ".join(
        f"DR{rate} {100 * n / life.frames:.0f} %" for rate, n in sorted(life.data_rates.items())
    )
    print(f"{years:g} years, seed {seed}: {time.monotonic() - began:.0f} s")
    print(f"  uplinks {life.uplinks}, frames {life.frames} ({rates}), not heard {life.lost}")
    print(f"  downlinks heard {life.downlinks}, astray {life.astray}")
    print(f"  join attempts {life.attempts}, sessions {life.sessions}, power failures {life.power_failures}")
    print(f"  server restarts {life.restarts}, clock jumps {life.jumps}")
    print(f"  intervals waited {life.waits}, stuck for six hours {life.stuck} times")
    print(f"  fullest hour: node {life.node.fullest:.1%}, gateways {life.gateways.fullest:.1%} of the limit")
    print(f"  breaches: node {life.node.breaches}, gateways {life.gateways.breaches}")
    print(f"  FCntUp {session.fcnt_up if session else None}, flash writes {ageing.flash.writes}")
    print(f"  the server since its last start: {counters}")
    if life.node.breaches or life.gateways.breaches or life.stuck or life.sessions > 2:
        sys.exit("the node did not age well")


if __name__ == "__main__":
    main()
