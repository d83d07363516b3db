"""The LNS of a scenario: publishes what it hears of the run, and sends what its users order to the nodes."""

import asyncio
import json
from dataclasses import dataclass
from random import Random
from typing import Any, Protocol

from codec.wire import WireError
from gateway.mqtt.connection import MqttError, Role, Said
from gateway.mqtt.link import Link
from simulator import lns_events, lns_orders
from simulator.clock import VirtualClock
from simulator.eventlog import Event, EventLog
from simulator.keyring import Keyring
from simulator.lns_orders import Order, Outcome
from simulator.rows import LnsRow

_CONNECT_S = 10.0  # real seconds


class Queue(Protocol):
    """Of downlinks, at whoever speaks LoRaWAN with the nodes."""

    def add(self, order: Order) -> int | None:
        """Its number; None when there is no such node."""

    def became(self, number: int) -> Outcome:
        """What is known of it by now."""


@dataclass
class _Open:
    """An order that is not done with, and what was last told of it."""

    order: Order
    number: int
    told: Outcome


class Lns:
    """An event that the broker does not take is lost, as those of real ones are: nobody sends it again.

    Without a `queue` the nodes are served elsewhere, and it takes no orders.
    """

    def __init__(
        self, row: LnsRow, clock: VirtualClock, log: EventLog, keyring: Keyring, queue: Queue | None = None
    ):
        self.is_cut_off = False
        self._row = row
        self._clock = clock
        self._log = log
        self._queue = queue
        self._commands = lns_orders.COMMANDS[row.type]
        self._link: Link | None = None
        self._names: dict[str, str] = {}  # of the nodes by DevEUI
        self._open: list[_Open] = []
        log.followers += [
            self._follow,
            lns_events.follow(row.type, row.application, keyring, self._publish),
        ]

    async def start(self) -> bool:
        """Connect to the broker, if there is one; False when it does not answer."""
        if self._row.broker is None:
            return True
        up = asyncio.Event()
        topics = [self._commands.topic(self._row.application)] if self._queue else []
        role = Role(topics, connected=up.set, received=self._received)
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

    def _received(self, message: Any) -> None:
        """A user's command comes at whatever instant the run is at; while the broker is away none does."""
        if self._link:
            self._link.acknowledge(message)
        if self.is_cut_off:
            return
        try:
            orders = self._commands.read(message.topic, message.payload)
        except WireError as error:
            self._log.tell(self._clock.now_us(), "order", node=None, outcome="refused", reason=str(error))
            return
        for order in orders:
            self._take(order)

    def _take(self, order: Order) -> None:
        number = self._queue.add(order) if self._queue else None
        if number is None:
            reason = f"no node has the DevEUI {order.dev_eui}"
            self._log.tell(self._clock.now_us(), "order", node=None, outcome="refused", reason=reason)
            return
        self._open.append(_Open(order, number, "queued"))
        self._tell(order, "queued")

    def _follow(self, event: Event) -> None:
        """When a node's wake is over it shows what became of the orders for it."""
        if event["event"] == "node":
            self._names[event["dev_eui"]] = event["name"]
        elif event["event"] == "wake" and self._open:
            self._review(event["node"])

    def _review(self, node: str) -> None:
        for each in [each for each in self._open if self._names.get(each.order.dev_eui) == node]:
            outcome = self._queue.became(each.number) if self._queue else each.told
            if outcome in ("queued", each.told):  # queued: it goes out once more
                continue
            if outcome == "acknowledged" and each.told == "queued":
                self._tell(each.order, "sent")
            each.told = outcome
            self._tell(each.order, outcome)
            if outcome in ("acknowledged", "failed") or not each.order.confirmed:
                self._open.remove(each)

    def _tell(self, order: Order, outcome: Outcome) -> None:
        node, now_us = self._names.get(order.dev_eui, ""), self._clock.now_us()
        self._log.tell(now_us, "order", node=node, outcome=outcome, fport=order.fport)
        told = self._commands.tell(order, outcome, now_us, node)
        if told:
            kind, body = told
            topic = lns_events.DIALECTS[self._row.type].topic(self._row.application, order.dev_eui, kind)
            self._publish(lns_events.Told(node, kind, topic, body))

    def _publish(self, told: lns_events.Told) -> None:
        async def act() -> None:
            lost = self.is_cut_off or not await self._delivered(told)
            self._log.tell(self._clock.now_us(), "lns", node=told.node, kind=told.kind, lost=lost)

        self._clock.call_at_us(self._clock.now_us(), act)

    async def _delivered(self, told: lns_events.Told) -> bool:
        if self._link is None:
            return True
        try:
            await self._link.publish(Said(told.topic, json.dumps(told.body).encode()), qos=self._row.qos)
        except MqttError:
            return False
        return True
