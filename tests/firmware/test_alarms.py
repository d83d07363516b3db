"""A node at SF12 in a flood of three hours: reports take what they may, each alarm leaves within 10 s."""

import random

import pytest

from codec.lorawan import airtime
from codec.lorawan.regions import EU868, sub_band
from firmware.mac.actions import Abp, Done, Listen, Options, Transmit
from firmware.mac.machine import Mac
from tests.firmware.stores import MemoryStore

HOUR_MS = 3_600_000


class Flood:
    """The node's loop: alarms first, reports as often as the sub-band allows, deep sleep in between."""

    def __init__(self, seed: int):
        self.rng = random.Random(seed)
        self.stores = (MemoryStore(), MemoryStore())
        self.now_ms = 0
        self.sent: list[tuple[int, int, int]] = []  # (start ms, us, Hz)

    def mac(self) -> Mac:
        """A new program after each sleep."""
        return Mac(EU868, Abp(1, bytes(16), bytes(16)), self.stores, self.rng.randrange, Options(0, True, 0))

    def cycle(self, mac: Mac, action: object) -> None:
        while not isinstance(action, Done):
            if isinstance(action, Transmit):
                on_air_us = airtime.airtime_us(len(action.frame), action.channel.sf, action.channel.bw_hz)
                self.sent.append((self.now_ms, on_air_us, action.channel.hz))
                self.now_ms += on_air_us // 1000
                action = mac.sent(self.now_ms)
            elif isinstance(action, Listen):
                self.now_ms = action.open_ms + action.timeout_ms
                action = mac.heard(None, self.now_ms)
            else:
                raise AssertionError(action)


@pytest.mark.parametrize("seed", range(5))
def test_every_alarm_leaves_within_10_s_and_no_sub_band_limit_is_broken(seed: int) -> None:
    flood = Flood(seed)
    causes = sorted(flood.rng.randrange(18) * 600_000 + flood.rng.randrange(600_000) for _ in range(18))
    delays = []
    while flood.now_ms < 3 * HOUR_MS or causes:
        mac = flood.mac()
        if causes and causes[0] <= flood.now_ms:
            cause_ms = causes.pop(0)
            flood.now_ms += mac.wait_ms(flood.now_ms, 28, is_alarm=True)
            delays.append(flood.now_ms - cause_ms)
            flood.cycle(mac, mac.uplink(flood.now_ms, 3, b"rising fast!", True, is_alarm=True))
        elif mac.wait_ms(flood.now_ms, 32) == 0:
            flood.cycle(mac, mac.uplink(flood.now_ms, 1, b"a report of 19 byte"))
        else:
            flood.now_ms += 100
    print(f"seed {seed}: {len(delays)} alarms, slowest {max(delays)} ms; {len(flood.sent)} frames")
    assert len(delays) == 18 and max(delays) <= 10_000
    for band in EU868.sub_bands:
        spans = [span for span in flood.sent if sub_band(EU868, span[2]) == band]
        assert most_in_an_hour(spans) <= band[2] * 3_600_000
    assert len(flood.sent) > 30


def most_in_an_hour(spans: list[tuple[int, int, int]]) -> float:
    """Microseconds on air in the fullest sliding hour that ends with a frame; computed without the ledger."""
    most = 0.0
    for start_ms, us, _ in spans:
        end_ms = start_ms + us / 1000
        inside = [
            min(other_us, (other_ms + other_us / 1000 - (end_ms - HOUR_MS)) * 1000)
            for other_ms, other_us, _ in spans
            if other_ms <= start_ms and other_ms + other_us / 1000 > end_ms - HOUR_MS
        ]
        most = max(most, sum(inside))
    return most
