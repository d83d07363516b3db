"""The traffic tier: valid encrypted frames without firmware, by nodes with a session for life; for scale."""

import random
from typing import Any

from codec import report
from codec.lorawan import airtime, frames, regions
from simulator.air import Channel
from simulator.node import Identity, Surroundings
from simulator.pcap import SessionKeys
from simulator.site import Site

_REGION = regions.REGIONS["EU868"]
_CHANNELS_HZ = (868_100_000, 868_300_000, 868_500_000)
_POWER_DBM = 14
_FPORT = 1
_JITTER = 0.05  # of the interval: two nodes that once collide do not collide for ever


def session_of(identity: Identity) -> SessionKeys:
    """A session for life: keys from the AppKey, an address of the experimental NetID from the EUI."""
    cipher_key = identity.app_key
    dev_addr = int(identity.dev_eui, 16) & 0x01FFFFFF
    return SessionKeys(dev_addr, cipher_key[::-1], bytes(byte ^ 0xA5 for byte in cipher_key))


class TrafficNode:
    """Sends what its site's sensor says each interval, and hears nothing."""

    def __init__(
        self,
        around: Surroundings,
        site: Site,
        identity: Identity,
        settings: dict[str, Any],
        rng: random.Random,
    ):
        self.site = site
        self.session = session_of(identity)
        self._around = around
        self._rng = rng
        self._interval_us = settings["interval_s"] * 1_000_000
        self._fcnt = 0
        self._life = 0
        sf, bw_hz, _ = _REGION.data_rates[settings["data_rate"]]
        self._channels = [Channel(hz, sf, bw_hz) for hz in _CHANNELS_HZ]

    def power_on(self) -> None:
        self.power_off()
        self._around.keyring.add(self.site.name, self.session)
        life = self._life
        first_us = self._around.clock.now_us() + self._rng.randrange(self._interval_us)
        self._around.clock.call_at_us(first_us, lambda: self._send(life))

    def power_off(self) -> None:
        self._life += 1

    def brown_out(self) -> None:
        """Without firmware there is no memory to keep."""
        self.power_on()

    def frame(self, values: dict[str, int | str]) -> bytes:
        """The next uplink."""
        addr, nwk_s_key, app_s_key = self.session
        plain = frames.Plain(frames.UNCONFIRMED_UP, addr, 0, self._fcnt, b"", _FPORT, report.encode(values))
        self._fcnt += 1
        return frames.build(plain, nwk_s_key, app_s_key)

    def _send(self, life: int) -> None:
        if life != self._life:
            return
        around, now_us = self._around, self._around.clock.now_us()
        distance_mm = self.site.ping_mm(now_us)
        frame = self.frame({"distance": distance_mm or "no_echo"})
        channel = self._rng.choice(self._channels)
        end_us = now_us + airtime.airtime_us(len(frame), channel.sf, channel.bw_hz)
        around.air.uplink(self.site.place, frame, channel, _POWER_DBM, (now_us, end_us))
        spent = {str(_POWER_DBM): end_us - now_us}
        around.log.tell(now_us, "wake", node=self.site.name, start=now_us, tx=spent, rx_us=0)
        pause_us = round(self._interval_us * (1 + _JITTER * (2 * self._rng.random() - 1)))
        around.clock.call_at_us(now_us + pause_us, lambda: self._send(life))
