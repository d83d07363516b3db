"""Somebody who means harm, on the air or on the backhaul: replays, a flood of joins, a forged gateway."""

import random
from collections import deque

from codec.lorawan import airtime, frames, join
from gateway.model import Reception
from simulator.air import Air, Channel, Place
from simulator.clock import VirtualClock
from simulator.eventlog import Event
from simulator.forwarder import UdpGateway
from simulator.tower import Tower

_EVERY_US = 20_000_000
_AWAY_M = 150  # how near the attacker stands to the gateway it attacks
_CHANNEL = Channel(868_300_000, 9, 125_000)
_REMEMBERED = 200
_FORGED_EUI = "deadbeef00000001"


class Attacker:
    """Listens to everything on the air; acts while a fault of the scenario switches it on."""

    def __init__(self, clock: VirtualClock, air: Air, seed: int):
        self.sent = 0
        self._clock = clock
        self._air = air
        self._rng = random.Random(f"{seed}:attacker")
        self._overheard: deque[bytes] = deque(maxlen=_REMEMBERED)
        self._active: set[str] = set()
        self._forged: UdpGateway | None = None
        self._server: tuple[str, int] | None = None

    def serve(self, server: tuple[str, int]) -> None:
        self._server = server

    def take(self, event: Event) -> None:
        if event["event"] == "up" and not event["node"].startswith("attacker"):
            self._overheard.append(event["phy"])

    def stop(self) -> None:
        if self._forged:
            self._forged.stop()

    def switch(self, what: str, tower: Tower, begins: bool) -> None:
        """Begin or end one kind of attack near a gateway: replay, join_flood or spoofed_gateway."""
        if not begins:
            self._active.discard(what)
            return
        self._active.add(what)
        self._act(what, tower)

    def _act(self, what: str, tower: Tower) -> None:
        if what not in self._active:
            return
        again_us = self._clock.now_us() + self._rng.randrange(_EVERY_US // 2, _EVERY_US)
        self._clock.call_at_us(again_us, lambda: self._act(what, tower))
        self.sent += 1
        if what == "spoofed_gateway":
            self._clock.call_at_us(self._clock.now_us(), self._push)
        else:
            self._transmit(self._frame(what), tower.place)

    def _frame(self, what: str) -> bytes:
        """An old frame, or a join-request of a device that does not exist."""
        if what == "replay" and self._overheard:
            return self._rng.choice(self._overheard)
        request = join.JoinRequest(bytes(8), self._rng.randbytes(8), self._rng.randrange(0x10000))
        return join.build_request(request, self._rng.randbytes(16))

    def _transmit(self, frame: bytes, near: Place) -> None:
        place = Place(f"attacker at {near.name}", near.x_m + _AWAY_M, near.y_m)
        on_air_us = airtime.airtime_us(len(frame), _CHANNEL.sf, _CHANNEL.bw_hz)
        now_us = self._clock.now_us()
        self._air.uplink(place, frame, _CHANNEL, 14, (now_us, now_us + on_air_us))

    async def _push(self) -> None:
        """A gateway that nobody listed tells of a frame with one bit turned."""
        if self._server is None or not self._overheard:
            return
        if self._forged is None:
            self._forged = UdpGateway(_FORGED_EUI, lambda _: "TX_FREQ")
            await self._forged.start(self._server)
        frame = bytearray(self._rng.choice(self._overheard))
        if frames.mtype(bytes(frame)) != frames.JOIN_REQUEST:
            frame[-5] ^= 1 << self._rng.randrange(8)
        now_us = self._clock.now_us()
        heard = Reception(
            _FORGED_EUI, now_us // 1000, bytes(frame), _CHANNEL.hz, "SF9BW125", -40, 12, now_us % (1 << 32)
        )
        await self._forged.push([heard])
