"""MQTT out: each uplink, the last values of its node, whether we are there; nodes for Home Assistant."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from importlib.metadata import version
from random import Random
from typing import Any

from paho.mqtt.client import MQTTMessage

from gateway.mqtt.connection import MqttError, Role, Said
from gateway.mqtt.link import Link
from gateway.peers import MqttSinkConfig
from gateway.sinks import home_assistant
from gateway.sinks.body import encode, to_json
from gateway.sinks.sink import UnavailableError
from gateway.store import queries
from gateway.store.ledger import Store
from gateway.store.outbox import Delivery
from gateway.web.shapes import instant

_CONFIRMED_S = 30.0
_HEALTH_S = 60.0
_FAREWELL_S = 1.0
_VERSION = version("messfunk")


class MqttSink:
    """`health` gives what is said of ourselves each minute."""

    batch = 2000

    def __init__(
        self,
        config: MqttSinkConfig,
        store: Store,
        rng: Random,
        health: Callable[[], dict[str, Any]],
    ):
        self.name = config.name
        self._base = config.topic
        self._home_assistant = config.home_assistant
        self._store = store
        self._health = health
        self.back = asyncio.Event()
        self._announced: dict[str, tuple[str, ...]] = {}  # DevEUI: name and quantities that have been told
        self._telling: asyncio.TimerHandle | None = None
        ours = [home_assistant.status_topic(config.home_assistant)] if config.home_assistant else []
        role = Role(
            subscriptions=ours,
            will=self._availability("offline"),
            connected=self._greet,
            lost=self._forget,
            received=self._hear,
        )
        self._link = Link(config, config.client_id or f"messfunk-{config.name}", role, rng)

    def start(self) -> None:
        self._link.start()

    async def stop(self) -> None:
        """A connection that ends in order leaves no last will."""
        if self._telling:
            self._telling.cancel()
        try:
            async with asyncio.timeout(_FAREWELL_S):
                await self._link.publish(self._availability("offline"))
        except (MqttError, TimeoutError):
            pass
        await self._link.stop()

    async def deliver(self, deliveries: Sequence[Delivery]) -> None:
        try:
            self._link.publish(*self._states(deliveries), qos=0)
            said = [Said(f"{self._base}/{each.dev_eui}/up", to_json(each)) for each in deliveries]
            async with asyncio.timeout(_CONFIRMED_S):
                await self._link.publish(*said)
        except MqttError as error:
            raise UnavailableError(str(error)) from None
        except TimeoutError:
            raise UnavailableError("the broker does not confirm what it is sent") from None

    def _states(self, deliveries: Sequence[Delivery]) -> list[Said]:
        """They go first by QoS 0: they have arrived when an uplink behind them is confirmed.

        A value that a later uplink brought goes with that one, which is owed as well.
        """
        ids, names = {each.id for each in deliveries}, {each.dev_eui: each.name for each in deliveries}
        newest = queries.newest(self._store.connection, names)
        return [
            said
            for dev_eui, rows in newest.items()
            if any(each["uplink_id"] in ids for each in rows)
            for said in self._describe(dev_eui, names[dev_eui], rows)
        ]

    def _describe(self, dev_eui: str, name: str, newest: Sequence[Any]) -> Iterable[Said]:
        """The state as the ledger has it by now: a late delivery does not turn it back."""
        if self._home_assistant:
            quantities = tuple(each["quantity"] for each in newest)
            if self._announced.get(dev_eui) != (name, *quantities):
                self._announced[dev_eui] = (name, *quantities)
                yield home_assistant.discovery(
                    self._home_assistant, self._base, dev_eui, name, quantities, _VERSION
                )
        state = {each["quantity"]: each["value"] for each in newest}
        state["time"] = instant(max(each["time"] for each in newest))
        yield Said(f"{self._base}/{dev_eui}/state", encode(state), retain=True)

    def _greet(self) -> None:
        self._tell_health()
        self.back.set()

    def _tell_health(self) -> None:
        """Each minute while the broker is there: the last will of a bridge that is gone may come after us."""
        if self._telling:
            self._telling.cancel()
        if self._link.error is None:
            body = encode(self._health())
            self._link.publish(
                self._availability("online"), Said(f"{self._base}/bridge/health", body, retain=True)
            )
            self._telling = asyncio.get_running_loop().call_later(_HEALTH_S, self._tell_health)

    def _forget(self) -> None:
        """The broker may have been set up anew."""
        self._announced.clear()

    def _hear(self, message: MQTTMessage) -> None:
        """Home Assistant has started, and may have missed what it was told."""
        self._link.acknowledge(message)
        if message.payload == b"online":
            known, self._announced = self._announced, {}
            newest = queries.newest(self._store.connection, known)
            for dev_eui, rows in newest.items():
                self._link.publish(*self._describe(dev_eui, known[dev_eui][0], rows))

    def _availability(self, text: str) -> Said:
        return Said(f"{self._base}/bridge/availability", text.encode(), retain=True)
