"""One life of a connection to an MQTT broker: paho-mqtt without a thread of its own, on the asyncio loop."""

import asyncio
import socket
import ssl
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from paho.mqtt.client import Client, MQTTMessage

from gateway.model import GatewayError

_DRAIN = 256  # packets per wake-up, so that the rest of the gateway has its turn
_KEEPALIVE_S = 30
_UNCONFIRMED = 200  # messages on the way to a broker that sets no limit itself
_CORK: int | None = getattr(socket, "TCP_CORK", None)  # Linux


class MqttError(GatewayError):
    """The broker is not there, or refuses; the text names it and the reason."""


class Said(NamedTuple):
    """What is published, retained or not."""

    topic: str
    body: bytes
    retain: bool = False


@dataclass(frozen=True, slots=True)
class Role:
    """What a connection is for. With a `session` the broker keeps what its subscriptions (QoS 1) miss."""

    subscriptions: Sequence[str] = ()
    session: bool = False
    will: Said | None = None
    connected: Callable[[], None] = lambda: None
    lost: Callable[[], None] = lambda: None
    received: Callable[[MQTTMessage], None] = lambda message: None


@dataclass(slots=True)
class _Batch:
    """What is published together, and so many of it that the broker has not confirmed."""

    done: asyncio.Future[None]
    qos: int
    left: int

    def confirm(self) -> None:
        self.left -= 1
        if self.left == 0 and not self.done.done():
            self.done.set_result(None)

    def fail(self, reason: str) -> None:
        if not self.done.done():
            self.done.set_exception(MqttError(reason))


class Connection:
    """`run` it once. Callbacks and methods belong to the thread of the loop."""

    def __init__(self, client: Client, role: Role, connected: Callable[[], None]):
        self._client = client
        self._role = role
        self._connected = connected
        self._loop = asyncio.get_running_loop()
        self._over: asyncio.Future[str] = self._loop.create_future()
        self._waiting: deque[tuple[Said, _Batch]] = deque()
        self._published: dict[int, _Batch] = {}
        self._unconfirmed = 0
        self._most_unconfirmed = _UNCONFIRMED
        self._is_paused = False
        self._handled = 0
        client.max_inflight_messages_set(0)  # we wait ourselves
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_subscribe = self._on_subscribe
        client.on_message = self._on_message
        client.on_publish = self._on_publish
        client.on_socket_open = self._on_socket_open
        client.on_socket_close = self._on_socket_close
        client.on_socket_register_write = self._on_register_write
        client.on_socket_unregister_write = self._on_unregister_write

    async def run(self, host: str, port: int, options: dict[str, Any]) -> None:
        """Until it is lost, which raises MqttError or OSError; cancelled, it says good-bye first."""
        connect = asyncio.to_thread(self._client.connect, host, port, _KEEPALIVE_S, **options)
        connecting = asyncio.ensure_future(connect)
        try:
            await asyncio.shield(connecting)  # names are looked up and TLS agreed upon in that thread
            while not self._over.done():
                await asyncio.wait([self._over], timeout=1)
                self._client.loop_misc()
            raise MqttError(self._over.result())
        finally:
            self._fail_published()
            if connecting.done():
                self._close(connecting)
            else:
                connecting.add_done_callback(self._close)

    def publish(self, said: Sequence[Said], qos: int) -> asyncio.Future[None]:
        """Done when the broker has all of it."""
        done: asyncio.Future[None] = self._loop.create_future()
        done.add_done_callback(lambda ended: ended.cancelled() or ended.exception())  # nobody need look at it
        batch = _Batch(done, qos, len(said))
        if not said:
            done.set_result(None)
        elif qos:
            self._waiting.extend((each, batch) for each in said)
            self._go_on()
        else:
            for each in said:
                self._send(each, batch)
        return done

    def _go_on(self) -> None:
        """No more at once than the broker takes (MQTT 5.0 section 4.9); paho has only a number of its own."""
        while self._waiting and self._unconfirmed < self._most_unconfirmed:
            self._unconfirmed += 1
            self._send(*self._waiting.popleft())

    def _send(self, said: Said, batch: _Batch) -> None:
        info = self._client.publish(said.topic, said.body, batch.qos, said.retain)
        self._published[info.mid] = batch

    def acknowledge(self, message: MQTTMessage) -> None:
        self._client.ack(message.mid, message.qos)

    def pause(self) -> None:
        """Read nothing more, so that the broker has to wait."""
        self._is_paused = True
        if sock := self._client.socket():
            self._loop.remove_reader(sock)

    def resume(self) -> None:
        self._is_paused = False
        if sock := self._client.socket():
            self._loop.add_reader(sock, self._read)
            self._loop.call_soon(self._read)

    def _close(self, connecting: "asyncio.Future[Any]") -> None:
        """paho closes the socket once it has said good-bye, unless the peer does not read."""
        if not connecting.cancelled():
            connecting.exception()
        if self._client.socket():
            self._client.disconnect()
            self._client.loop_write()
        if sock := self._client.socket():
            self._on_socket_close(self._client, None, sock)
            sock.close()

    def _fail_published(self) -> None:
        reason = "the connection ended before the broker confirmed"
        for batch in (*self._published.values(), *(batch for _, batch in self._waiting)):
            batch.fail(reason)
        self._published.clear()
        self._waiting.clear()

    def _end(self, reason: str) -> None:
        if not self._over.done():
            self._over.set_result(reason)

    def _read(self) -> None:
        """paho reads one packet at a time; of what TLS has deciphered ahead, the socket knows nothing."""
        for _ in range(_DRAIN):
            before = self._handled
            if self._is_paused or self._client.socket() is None:
                return
            self._client.loop_read()
            if self._handled == before:
                break
        sock = self._client.socket()
        if isinstance(sock, ssl.SSLSocket) and sock.pending():
            self._loop.call_soon(self._read)
        if self._client.want_write():
            self._write()

    def _on_connect(self, client: Client, userdata: Any, flags: Any, code: Any, properties: Any) -> None:
        self._handled += 1
        if code.is_failure:
            self._end(f"refused: {code}")
            return
        if most := getattr(properties, "ReceiveMaximum", None):
            self._most_unconfirmed = min(most, _UNCONFIRMED)
        if self._role.subscriptions:
            client.subscribe([(topic, 1) for topic in self._role.subscriptions])
        else:
            self._connected()

    def _on_subscribe(self, client: Client, userdata: Any, mid: int, codes: Any, properties: Any) -> None:
        self._handled += 1
        for topic, code in zip(self._role.subscriptions, codes, strict=False):
            if code.is_failure:
                self._end(f"subscription to {topic} refused: {code}")
                return
        self._connected()

    def _on_message(self, client: Client, userdata: Any, message: MQTTMessage) -> None:
        self._handled += 1
        self._role.received(message)

    def _on_publish(self, client: Client, userdata: Any, mid: int, code: Any, properties: Any) -> None:
        self._handled += 1
        batch = self._published.pop(mid, None)
        if batch is None:
            return
        if batch.qos:
            self._unconfirmed -= 1
            self._go_on()
        if code.is_failure:
            batch.fail(f"not taken: {code}")
        else:
            batch.confirm()

    def _on_disconnect(self, client: Client, userdata: Any, flags: Any, code: Any, properties: Any) -> None:
        self._end(f"connection lost: {code}")

    # paho opens its socket, and first wants to write to it, in the thread that connects.

    def _on_socket_open(self, client: Client, userdata: Any, sock: Any) -> None:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # else each batch waits 40 ms for the peer
        self._loop.call_soon_threadsafe(self._await_readable, sock)

    def _on_register_write(self, client: Client, userdata: Any, sock: Any) -> None:
        self._loop.call_soon_threadsafe(self._await_writable, sock)

    def _write(self) -> None:
        """paho writes one packet at a time: the system holds them together until the last."""
        self._cork(True)
        self._client.loop_write()
        self._cork(False)

    def _cork(self, is_held: bool) -> None:
        sock = self._client.socket()
        if isinstance(sock, socket.socket) and _CORK is not None:
            sock.setsockopt(socket.IPPROTO_TCP, _CORK, is_held)

    def _await_readable(self, sock: Any) -> None:
        if sock.fileno() >= 0:
            self._loop.add_reader(sock, self._read)

    def _await_writable(self, sock: Any) -> None:
        """Unless all is written by now: paho would not say so again, and the socket be ready for ever."""
        if sock.fileno() >= 0 and self._client.want_write():
            self._loop.add_writer(sock, self._write)

    def _on_unregister_write(self, client: Client, userdata: Any, sock: Any) -> None:
        self._loop.remove_writer(sock)

    def _on_socket_close(self, client: Client, userdata: Any, sock: Any) -> None:
        self._loop.remove_reader(sock)
        self._loop.remove_writer(sock)
