"""The LNS of a scenario: what it publishes of the run, on a real MQTT broker where the scenario names one."""

import asyncio
import json
from random import Random

from gateway.mqtt.connection import MqttError, Role, Said
from gateway.mqtt.link import Link
from simulator import lns_events
from simulator.clock import VirtualClock
from simulator.eventlog import EventLog
from simulator.keyring import Keyring
from simulator.rows import LnsRow

_CONNECT_S = 10.0  # real seconds


class Lns:
    """An event that the broker does not take is lost, as those of real ones are: nobody sends it again."""

    def __init__(self, row: LnsRow, clock: VirtualClock, log: EventLog, keyring: Keyring):
        self.is_cut_off = False
        self._row = row
        self._clock = clock
        self._log = log
        self._link: Link | None = None
        log.followers.append(lns_events.follow(row.type, row.application, keyring, self._publish))

    async def start(self) -> bool:
        """Connect to the broker, if there is one; False when it does not answer."""
        if self._row.broker is None:
            return True
        up = asyncio.Event()
        role = Role(connected=up.set)
        self._link = Link(self._row.broker, f"simulated-{self._row.type}", role, Random(0))
        self._link.start()
        try:
            async with asyncio.timeout(_CONNECT_S):
                await up.wait()
        except TimeoutError:
            return False
        return True

    async def stop(self) -> None:
        if self._link:
            await self._link.stop()

    def _publish(self, told: lns_events.Told) -> None:
        async def act() -> None:
            lost = self.is_cut_off or not await self._delivered(told)
            self._log.tell(self._clock.now_us(), "lns", node=told.node, kind=told.kind, lost=lost)

        self._clock.call_at_us(self._clock.now_us(), act)

    async def _delivered(self, told: lns_events.Told) -> bool:
        if self._link is None:
            return True
        try:
            await self._link.publish(Said(told.topic, json.dumps(told.body).encode()), self._row.qos)
        except MqttError:
            return False
        return True
