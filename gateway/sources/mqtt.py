"""An LNS behind an MQTT broker: its messages are acknowledged once they are committed, and not before."""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Iterable
from random import Random
from typing import NamedTuple

from paho.mqtt.client import MQTTMessage

from codec.wire import WireError
from gateway.model import GatewayError, Uplink
from gateway.mqtt.connection import Role, Said
from gateway.mqtt.link import UNACKNOWLEDGED, Link
from gateway.peers import LnsConfig
from gateway.refusals import Refusals
from gateway.sources import chirpstack, tts
from gateway.sources.bridge import Bridge
from gateway.sources.lns import LnsDownlink, Message

_log = logging.getLogger(__name__)
_RETRY_S = 1.0


class Dialect(NamedTuple):
    """How one kind of LNS speaks: a reader of its messages, a writer of downlinks, its topics."""

    read: Callable[[str, bytes], Message | None]
    command: Callable[[LnsDownlink], tuple[str, bytes]]
    topics: tuple[str, ...]


_DIALECTS = {
    "chirpstack": Dialect(chirpstack.read_v4, chirpstack.command_v4, (chirpstack.TOPIC,)),
    "chirpstack_v3": Dialect(chirpstack.read_v3, chirpstack.command_v3, chirpstack.TOPICS_V3),
    "tts": Dialect(tts.read, tts.push, (tts.TOPIC,)),
}


class LnsSource:
    """`follow` gets the new uplinks after their acknowledgement."""

    def __init__(
        self,
        config: LnsConfig,
        bridge: Bridge,
        refusals: Refusals,
        rng: Random,
        follow: Callable[[Iterable[Uplink]], None],
    ):
        self.name = config.name
        self._dialect = _DIALECTS[config.type]
        self._bridge = bridge
        self._refusals = refusals
        self._follow = follow
        self._waiting: deque[MQTTMessage] = deque()
        self._taking: asyncio.TimerHandle | asyncio.Handle | None = None
        topics = config.topics or self._dialect.topics
        shared = f"$share/{config.group}/" if config.group else ""
        role = Role(
            subscriptions=[shared + topic for topic in topics],
            session=True,
            received=self._receive,
            lost=self._lose,
        )
        self._link = Link(config, config.client_id or f"messfunk-{config.name}", role, rng)

    def start(self) -> None:
        self._link.start()

    async def stop(self) -> None:
        if self._taking:
            self._taking.cancel()
        await self._link.stop()

    @property
    def error(self) -> str | None:
        """Why nothing comes in just now."""
        return self._link.error

    async def send(self, down: LnsDownlink) -> None:
        """MqttError unless the broker has it; what the LNS makes of it comes as an LnsAnswer."""
        await self._link.publish(Said(*self._dialect.command(down)))

    def _receive(self, message: MQTTMessage) -> None:
        """What one wake-up brings is committed together."""
        self._waiting.append(message)
        if len(self._waiting) >= UNACKNOWLEDGED:
            self._link.pause()  # QoS 0, and brokers that speak 3.1.1, know no Receive Maximum
        if self._taking is None:
            self._taking = asyncio.get_running_loop().call_soon(self._take)

    def _lose(self) -> None:
        """The broker sends anew what was not acknowledged; what came by QoS 0 it does not."""
        self._waiting = deque(message for message in self._waiting if message.qos == 0)

    def _take(self) -> None:
        self._taking = None
        batch = list(self._waiting)
        try:
            uplinks = self._bridge.take(filter(None, map(self._read, batch)))
        except GatewayError as error:  # the store's: nothing is acknowledged, and we try again
            self._refusals.refuse("store", str(error))
            self._taking = asyncio.get_running_loop().call_later(_RETRY_S, self._take)
            return
        for message in batch:
            self._link.acknowledge(message)
        self._waiting.clear()
        self._link.resume()
        self._follow(uplinks)

    def _read(self, message: MQTTMessage) -> Message | None:
        """A message that cannot be read is acknowledged like any other, or it would come for ever."""
        try:
            return self._dialect.read(message.topic, bytes(message.payload))
        except (WireError, UnicodeDecodeError) as error:  # paho deciphers a topic when it is asked for
            self._refusals.refuse("malformed", f"{self.name}: {error}")
            return None
