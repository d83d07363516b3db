"""Ten years of one node in minutes: its MAC against the gateway's network server, with all that goes wrong.

    python -m tests.bench.age [years] [seed]

An uplink each 15 minutes, each from a program that has just woken. Uplinks and downlinks are lost, the
gateway is away for days, power fails, the network changes data rate, power, channels and repetitions, and
tells wrong times.
Time on air is computed by the datasheet's formula once more, and each sliding hour is added up anew.
"""

import math
import random
import sys
import tempfile
import time
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from codec.lorawan import frames
from codec.lorawan.regions import EU868, datr, sub_band_index
from firmware.mac.actions import Done, Listen, Options, Otaa, Transmit
from firmware.mac.machine import Mac
from gateway import devices
from gateway.model import Downlink
from tests.gateway.desk import JOIN_EUI, START_MS, Desk, otaa

INTERVAL_MS = 900_000
HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
_UPLINK_LOSS, _DOWNLINK_LOSS = 0.05, 0.3
_ORDER_EVERY, _POWER_FAILS_EVERY, _AWAY_EVERY = 150, 3000, 6000  # in uplinks, on the average
_LONGEST_AWAY_MS = 3 * DAY_MS
_STUCK = 24  # intervals in a row without an uplink: six hours

_ORDERS = (
    *(bytes([0x03, rate << 4 | power, 0x07, 0, 1 + rate % 2]) for rate in range(6) for power in (0, 2)),
    bytes([0x03, 0x7F, 0xFF, 0xFF, 0x01]),  # an impossible one
    b"\x07\x03" + (8671000).to_bytes(3, "little") + b"\x50",
    b"\x03\xff\x0f\x00\x01",
    b"\x06",
    b"\x04\x00",
    b"\x0d" + (1 << 31).to_bytes(4, "little") + b"\x00",  # the year 2048
    b"\x0d" + (5).to_bytes(4, "little") + b"\x80",
)  # fmt: skip


def airtime_s(size: int, sf: int, bw_hz: int) -> float:
    """SX1276 datasheet 4.1.1.7, in floats, apart from codec.lorawan.airtime."""
    symbol_s = 2**sf / bw_hz
    optimised = symbol_s >= 0.016
    blocks = math.ceil((8 * size - 4 * sf + 28 + 16) / (4 * (sf - 2 * optimised)))
    return (8 + 4.25 + 8 + max(blocks * 5, 0)) * symbol_s


class Memory(dict[str, bytes]):
    writes = 0

    def put(self, key: str, value: bytes) -> None:
        self.writes += 1
        self[key] = value


@dataclass
class Life:
    """What is to be told at the end, and what must not happen."""

    uplinks: int = 0
    frames: int = 0
    lost: int = 0
    joins: int = 0
    downlinks: int = 0
    power_failures: int = 0
    waits: int = 0
    stuck: int = 0
    fullest_hour: float = 0.0  # share of what the law allows
    breaches: int = 0
    on_air: dict[int, deque[tuple[float, float]]] = field(default_factory=dict)  # band: (end s, s)

    def book(self, start_ms: int, sent: Transmit) -> float:
        """Add a frame and look at the hour that ends with it."""
        on_air_s = airtime_s(len(sent.frame), sent.channel.sf, sent.channel.bw_hz)
        end_s = start_ms / 1000 + on_air_s
        band = sub_band_index(EU868, sent.channel.hz)
        spans = self.on_air.setdefault(band, deque())
        spans.append((end_s, on_air_s))
        while spans[0][0] <= end_s - 3600:
            spans.popleft()
        share = sum(min(took_s, at_s - (end_s - 3600)) for at_s, took_s in spans) / (
            EU868.sub_bands[band][2] * 3.6
        )
        self.fullest_hour = max(self.fullest_hour, share)
        self.breaches += share > 1
        self.frames += 1
        return on_air_s


class Ageing:
    def __init__(self, desk: Desk, rng: random.Random):
        self.desk = desk
        self.rng = rng
        self.node = otaa(7)
        devices.add(desk.store, devices.Provisioning(self.node.dev_eui, "old", self.node.otaa), START_MS)
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
        return self.desk.clock.now_ms() - self.power_on_ms

    def wake(self) -> None:
        """One interval of the node's life."""
        self.mishaps()
        self.mac = self.boot()
        if not self.mac.joined() or (self.mac.is_lost() and not self.mac.join_wait_ms(self.now_ms())):
            if self.mac.wait_ms(self.now_ms()) if not self.mac.joined() else False:
                self.wait()
                return
            self.life.joins += 1
            self.cycle(self.mac.join(self.now_ms()))
            if not self.mac.joined():
                self.wait()
                return
        if self.mac.wait_ms(self.now_ms(), 50):
            self.wait()
            return
        self.silent_intervals = 0
        self.life.uplinks += 1
        if self.rng.random() < 0.01:
            self.mac.ask(0x0D)
        self.cycle(self.mac.uplink(self.now_ms(), 1, self.rng.randbytes(20), self.rng.random() < 0.02))

    def wait(self) -> None:
        self.life.waits += 1
        self.silent_intervals += 1
        self.life.stuck += self.silent_intervals == _STUCK

    def mishaps(self) -> None:
        now_ms = self.desk.clock.now_ms()
        if self.rng.randrange(_POWER_FAILS_EVERY) == 0:
            self.life.power_failures += 1
            self.power_on_ms = now_ms  # the clock begins anew; now and then RTC memory survives that
            if self.rng.random() < 0.8:
                self.rtc = Memory()
        if self.rng.randrange(_AWAY_EVERY) == 0:
            self.away_until_ms = now_ms + self.rng.randrange(_LONGEST_AWAY_MS)

    def cycle(self, action: Any) -> None:
        end_ms = 0
        answers: tuple[Downlink, ...] = ()
        while not isinstance(action, Done):
            if isinstance(action, Transmit):
                on_air_s = self.life.book(self.desk.clock.now_ms(), action)
                self.pass_ms(round(on_air_s * 1000))
                end_ms = self.desk.clock.now_ms()
                answers = self.gateway_hears(action)
                action = self.mac.sent(end_ms - self.power_on_ms)
            elif isinstance(action, Listen):
                heard = self.heard(action, answers, end_ms)
                self.pass_until(action.open_ms + action.timeout_ms)
                action = self.mac.heard(heard, self.now_ms(), self.rng.randrange(-20, 10))
            else:
                self.pass_until(action.until_ms)
                action = self.mac.resume(self.now_ms())

    def gateway_hears(self, sent: Transmit) -> tuple[Downlink, ...]:
        """What it will transmit: the server's answer, or an order of ours in its place."""
        if self.desk.clock.now_ms() < self.away_until_ms or self.rng.random() < _UPLINK_LOSS:
            self.life.lost += 1
            return ()
        self.desk.gateways.sent.clear()
        reception = self.desk.reception(sent.frame)
        modulation = datr(sent.channel.sf, sent.channel.bw_hz)
        heard = type(reception)(
            **{
                **{name: getattr(reception, name) for name in reception.__slots__},
                "frequency_hz": sent.channel.hz,
                "data_rate": modulation,
            }
        )
        taken = self.desk.hear(heard)
        self.pass_ms(400)
        if self.desk.gateways.sent:
            return self.desk.gateways.sent[0]
        if taken and self.rng.randrange(_ORDER_EVERY) == 0:
            return (self.order(sent, heard.tmst),)
        return ()

    def order(self, sent: Transmit, tmst: int) -> Downlink:
        (session,) = self.desk.store.candidates(f"{frames.parse(sent.frame).dev_addr:08x}")
        fcnt = self.desk.store.take_fcnt_down(session.id)
        plain = frames.Plain(
            frames.UNCONFIRMED_DOWN, int(session.dev_addr, 16), 0, fcnt, self.rng.choice(_ORDERS), None, b""
        )
        phy = frames.build(plain, session.nwk_s_key, session.app_s_key)
        modulation = datr(sent.channel.sf, sent.channel.bw_hz)
        return Downlink("gw", phy, sent.channel.hz, modulation, 14, (tmst + 1_000_000) % (1 << 32))

    def heard(self, window: Listen, answers: tuple[Downlink, ...], end_ms: int) -> bytes | None:
        """The answer that falls into this window, on its channel and in time."""
        for answer in answers[:1] if self.rng.random() > _DOWNLINK_LOSS else ():
            delay_ms = (answer.tmst - end_ms * 1000) % (1 << 32) // 1000
            starts_ms = end_ms + delay_ms - self.power_on_ms
            on_channel = (answer.frequency_hz, answer.data_rate) == (
                window.channel.hz, datr(window.channel.sf, window.channel.bw_hz),
            )  # fmt: skip
            if on_channel and window.open_ms <= starts_ms <= window.open_ms + window.timeout_ms:
                self.life.downlinks += 1
                return answer.phy
        return None

    def pass_ms(self, duration_ms: int) -> None:
        try:
            self.desk.clock.advance(duration_ms).send(None)
        except StopIteration:
            return
        raise RuntimeError("the server awaits something real")

    def pass_until(self, node_ms: int) -> None:
        self.pass_ms(max(0, node_ms - self.now_ms()))


def age(years: float, seed: int) -> tuple[Life, Ageing]:
    with tempfile.TemporaryDirectory() as folder:
        desk = Desk(Path(folder) / "age.db")
        ageing = Ageing(desk, random.Random(seed))
        next_ms = START_MS
        while next_ms < START_MS + years * 365.25 * DAY_MS:
            ageing.wake()
            next_ms += INTERVAL_MS
            ageing.pass_ms(max(0, next_ms - desk.clock.now_ms()))
        desk.store.close()
    return ageing.life, ageing


def main() -> None:
    years = float(sys.argv[1]) if len(sys.argv) > 1 else 10
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    began = time.monotonic()
    life, ageing = age(years, seed)
    session = ageing.mac._hops.session
    counters = ageing.desk.counters.as_dict()
    print(f"{years:g} years, seed {seed}: {time.monotonic() - began:.0f} s")
    print(
        f"  uplinks {life.uplinks}, frames {life.frames}, lost {life.lost}, downlinks heard {life.downlinks}"
    )
    print(f"  joins {life.joins}, power failures {life.power_failures}")
    print(f"  intervals waited {life.waits}, stuck for six hours {life.stuck} times")
    print(f"  fullest sliding hour {100 * life.fullest_hour:.1f} % of the limit, {life.breaches} breaches")
    print(f"  FCntUp {session.fcnt_up if session else None}, flash writes {ageing.flash.writes}")
    print(f"  node dropped {ageing.mac.counts}")
    print(f"  server {counters['uplinks']} uplinks, refused {counters['refused']}")
    if life.breaches or life.stuck or life.joins > 2:
        sys.exit("the node did not age well")


if __name__ == "__main__":
    main()
