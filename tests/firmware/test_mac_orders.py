"""Any MAC command the network can spell, in any region: the node stays within it and able to speak."""

import random
from typing import Any

import pytest

from codec.lorawan import airtime, crypto, frames, join, join_server, regions
from codec.lorawan.regions import REGIONS
from firmware.mac.actions import Done, Listen, Options, Otaa, RefusedError, Transmit
from firmware.mac.machine import Mac
from tests.firmware.stores import MemoryStore

CYCLES = 150
APP_KEY = bytes(range(16))
_LENGTHS = {0x02: 2, 0x03: 4, 0x04: 1, 0x05: 4, 0x06: 0, 0x07: 5, 0x08: 1, 0x09: 1, 0x0A: 4, 0x0D: 5}


def orders(rng: random.Random, region: regions.Region) -> bytes:
    """Commands with bodies at random, half of them with a frequency that the region has."""
    found = b""
    for _ in range(rng.randrange(5)):
        cid = rng.choice((*_LENGTHS, 0x03, 0x03, 0x07, rng.randrange(256)))
        body = bytearray(rng.randbytes(_LENGTHS.get(cid, rng.randrange(4))))
        if cid in (0x05, 0x07, 0x0A) and rng.random() < 0.7:
            low, high = region.sub_bands[rng.randrange(len(region.sub_bands))][:2]
            body[1:4] = (rng.randrange(low, high) // 100).to_bytes(3, "little")
            body[0] %= 20
        if cid == 0x03 and rng.random() < 0.7:
            body[3] &= 0x71 if region.is_fixed else 0x01
        found += bytes([cid]) + body
    return found


class Node:
    def __init__(self, name: str, seed: int):
        self.rng = random.Random(seed)
        self.region = REGIONS[name]
        self.stores = (MemoryStore(), MemoryStore())
        self.mac = self.boot()
        self.keys = self.join()
        self.fcnt_down = -1

    def boot(self) -> Mac:
        identity = Otaa(bytes(8), bytes(8), APP_KEY)
        mac = Mac(self.region, identity, self.stores, self.rng.randrange, Options(5, True, 0))
        mac.set_duty_cycle(False)
        return mac

    def join(self) -> tuple[bytes, bytes]:
        request = join_server.parse_request(self.mac.join(0).frame)
        cf_list = self.rng.choice((b"", self.rng.randbytes(15) + bytes([self.region.is_fixed])))
        accept = join.JoinAccept(7, 1, 99, 0, self.region.rx2[1], self.rng.randrange(1, 16), cf_list)
        self.mac.sent(0)
        assert self.mac.heard(join_server.build_accept(accept, APP_KEY), 0) == Done(
            True, (None, b"", False, False)
        )
        return crypto.session_keys(APP_KEY, 7, 1, request.dev_nonce)

    def answer(self) -> bytes | None:
        kind = self.rng.randrange(6)
        said = orders(self.rng, self.region)
        self.fcnt_down += 1
        fctrl = self.rng.choice((0, frames.ACK, frames.F_PENDING | frames.ADR))
        if kind < 2:
            plain = frames.Plain(3 + 2 * kind, 99, fctrl, self.fcnt_down, b"", 0, said * 3)
        elif kind == 2:
            plain = frames.Plain(3, 99, fctrl, self.fcnt_down, said[:15], self.rng.randrange(1, 256), b"x")
        elif kind == 3:
            plain = frames.Plain(3, 99, fctrl, self.fcnt_down, said[:15], None, b"")
        else:
            return None if kind == 4 else self.rng.randbytes(self.rng.randrange(40))
        return frames.build(plain, *self.keys)

    def cycle(self) -> None:
        action: Any = self.mac.uplink(
            0, 1, self.rng.randbytes(self.rng.randrange(12)), self.rng.random() < 0.2
        )
        for _ in range(80):
            if isinstance(action, Transmit):
                self.check(action)
                action = self.mac.sent(0)
            elif isinstance(action, Listen):
                assert regions.allows(self.region, action.channel.hz)
                action = self.mac.heard(self.answer(), 0, self.rng.randrange(-40, 40))
            elif isinstance(action, Done):
                return
            else:
                action = self.mac.resume(action.until_ms)
        raise AssertionError("the cycle does not end")

    def check(self, sent: Transmit) -> None:
        data_rate = regions.data_rate_of(self.region, sent.channel.sf, sent.channel.bw_hz)
        least, most = self.region.uplink_drs
        assert least <= data_rate <= most and regions.allows(self.region, sent.channel.hz)
        assert len(sent.frame) <= self.region.data_rates[data_rate][2] + 13
        if self.region.dwell_ms:
            on_air_us = airtime.airtime_us(len(sent.frame), sent.channel.sf, sent.channel.bw_hz)
            assert on_air_us <= self.region.dwell_ms * 1000
        assert -30 <= sent.power_dbm <= regions.sub_band(self.region, sent.channel.hz)[3]


@pytest.mark.parametrize("name", REGIONS.names())
def test_no_order_leads_out_of_the_region_or_into_silence(name: str) -> None:
    for seed in range(4):
        node = Node(name, seed)
        for number in range(CYCLES):
            if number % 10 == 9:
                node.mac = node.boot()
            try:
                node.cycle()
            except RefusedError as error:
                assert "do not fit" in str(error), error  # 11 bytes at a rate that carries fewer
