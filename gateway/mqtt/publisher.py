"""A connection to an MQTT broker for who publishes much: many PUBLISH in one write, one future for all."""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Any, cast

from codec.wire import WireError
from gateway.mqtt import wire
from gateway.mqtt.connection import MqttError, Role, Said
from gateway.mqtt.enduring import CONNECT_S, KEEPALIVE_S, Enduring
from gateway.mqtt.wire import Heard, Hello, Kind, Packets

_OPEN = 200  # PUBLISH of QoS 1 without their PUBACK, where the broker allows more
_DEAD_S = 1.5 * KEEPALIVE_S


class _Batch:
    """PUBLISHes that are told as one."""

    __slots__ = ("done", "left")

    def __init__(self, done: "asyncio.Future[None]", left: int):
        self.done = done
        self.left = left


class Publisher(asyncio.Protocol):
    """`run` it once. What it is given goes out in order, at QoS 1 no more at a time than the broker takes."""

    def __init__(self, hello: Hello, is_5: bool, role: Role, connected: Callable[[], None]):
        self._hello = hello
        self._is_5 = is_5
        self._role = role
        self._connected = connected
        self._loop = asyncio.get_running_loop()
        self._over: asyncio.Future[str] = self._loop.create_future()
        self._packets = Packets()
        self._transport: asyncio.Transport | None = None
        self._window = 0
        self._number = 0
        self._waiting: deque[tuple[Said, _Batch]] = deque()
        self._open: dict[int, _Batch] = {}
        self._said_at = self._heard_at = self._loop.time()
        self._handlers: dict[Kind, Callable[[int, bytes], None]] = {
            Kind.CONNACK: self._accepted,
            Kind.SUBACK: lambda flags, body: None,
            Kind.PUBACK: self._confirmed,
            Kind.PUBLISH: self._received,
            Kind.PINGRESP: lambda flags, body: None,
            Kind.DISCONNECT: lambda flags, body: self._end(f"the broker ends it: code {body[:1].hex()}"),
        }

    async def run(self, host: str, port: int, options: dict[str, Any]) -> None:
        """Until it is lost, which raises MqttError or OSError; cancelled, it says good-bye first."""
        try:
            async with asyncio.timeout(CONNECT_S):
                await self._loop.create_connection(lambda: self, host, port, **options)
            self._write(wire.connect(self._hello, self._is_5))
            while not self._over.done():
                await asyncio.wait([self._over], timeout=1)
                self._look_at_time()
            raise MqttError(self._over.result())
        except TimeoutError:
            raise MqttError("no answer") from None
        finally:
            self._fail_all()
            if self._transport:
                self._write(wire.DISCONNECT)
                self._transport.close()

    def publish(self, *said: Said, qos: int = 1) -> "asyncio.Future[None]":
        """Done when the broker has them all; at QoS 0 when they are on their way."""
        done: asyncio.Future[None] = self._loop.create_future()
        done.add_done_callback(lambda ended: ended.cancelled() or ended.exception())  # nobody need look at it
        if qos == 0 or not said:
            self._write(b"".join([self._packet(each, None) for each in said]))
            done.set_result(None)
            return done
        batch = _Batch(done, len(said))
        self._waiting.extend([(each, batch) for each in said])
        self._send()
        return done

    # asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self._end(f"connection lost: {exc or 'closed by the broker'}")

    def data_received(self, data: bytes) -> None:
        self._heard_at = self._loop.time()
        try:
            for kind, flags, body in self._packets.feed(data):
                if kind not in self._handlers:
                    raise WireError(f"{kind.name} is not for a client")
                self._handlers[kind](flags, body)
        except WireError as error:
            self._end(str(error))
            return
        self._send()

    # Packets

    def _accepted(self, flags: int, body: bytes) -> None:
        self._window = min(wire.read_accepted(body, self._is_5).window, _OPEN)
        if self._role.subscriptions:
            self._write(wire.subscribe(self._role.subscriptions, self._is_5))
        self._connected()

    def _confirmed(self, flags: int, body: bytes) -> None:
        number, code = wire.read_puback(body)
        batch = self._open.pop(number, None)
        if batch is None or batch.done.done():
            return
        batch.left -= 1
        if code >= 0x80:
            batch.done.set_exception(MqttError(f"not taken: code {code:#04x}"))
        elif batch.left == 0:
            batch.done.set_result(None)

    def _received(self, flags: int, body: bytes) -> None:
        """QoS 0 is what was subscribed to: nothing to acknowledge."""
        heard: Heard = wire.read_publish(flags, body, self._is_5)
        self._role.received(heard)

    def _send(self) -> None:
        room = self._window - len(self._open)
        if room <= 0 or not self._waiting:
            return
        out = []
        for _ in range(min(room, len(self._waiting))):
            said, batch = self._waiting.popleft()
            self._number = self._number % 0xFFFF + 1
            self._open[self._number] = batch
            out.append(self._packet(said, self._number))
        self._write(b"".join(out))

    def _packet(self, said: Said, number: int | None) -> bytes:
        return wire.publish(said.topic.encode(), said.body, number, said.retain, self._is_5)

    def _write(self, data: bytes) -> None:
        if self._transport and data:
            self._said_at = self._loop.time()
            self._transport.write(data)

    def _look_at_time(self) -> None:
        now = self._loop.time()
        if now - self._heard_at > _DEAD_S:
            self._end("the broker does not answer")
        elif now - min(self._said_at, self._heard_at) > KEEPALIVE_S / 2:
            self._write(wire.PINGREQ)

    def _end(self, reason: str) -> None:
        if not self._over.done():
            self._over.set_result(reason)

    def _fail_all(self) -> None:
        unfinished = {*self._open.values(), *(batch for _, batch in self._waiting)}
        self._open.clear()
        self._waiting.clear()
        for batch in unfinished:
            if not batch.done.done():
                batch.done.set_exception(MqttError("the connection ended before the broker confirmed"))


class PublishingLink(Enduring[Publisher]):
    """To a broker that is told much and asked little."""

    def publish(self, *said: Said, qos: int = 1) -> "asyncio.Future[None]":
        """Done when the broker has them all, fails with MqttError if it may not have one."""
        return self._live().publish(*said, qos=qos)

    def _open(self) -> Publisher:
        will, config = self._role.will, self._config
        last = (will.topic, will.body) if will else None
        hello = Hello(self._client_id, KEEPALIVE_S, last, config.username, self._password)
        return Publisher(hello, config.protocol == "5", self._role, self._up)

    def _options(self) -> dict[str, Any]:
        return {"ssl": self._tls} if self._tls else {}
