"""A real Mosquitto on loopback and a free port, and a client of our own beside it."""

import asyncio
import itertools
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

_MOSQUITTO = shutil.which("mosquitto", path=f"{os.environ.get('PATH', '')}:/usr/sbin") or "mosquitto"
_numbers = itertools.count()


class Mosquitto:
    """Keeps its sessions on disk, so that `stop` and `start` are a restart."""

    def __init__(self, folder: Path, *lines: str):
        self._folder = folder
        self.port = _free_port()
        self._config = folder / "mosquitto.conf"
        self._config.write_text(
            "\n".join(
                [
                    f"listener {self.port} 127.0.0.1",
                    "persistence true",
                    f"persistence_location {folder}/",
                    "user root",
                    "max_queued_messages 0",
                    *(lines or ("allow_anonymous true",)),
                    "",
                ]
            )
        )
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"mqtt://127.0.0.1:{self.port}"

    def start(self) -> None:
        with (self._folder / "mosquitto.log").open("ab") as log:
            self._process = subprocess.Popen([_MOSQUITTO, "-c", self._config], stdout=log, stderr=log)
        until = time.monotonic() + 10
        while not _listens(self.port):
            if time.monotonic() > until or self._process.poll() is not None:
                raise RuntimeError((self._folder / "mosquitto.log").read_text())
            time.sleep(0.02)

    def stop(self, number: int = signal.SIGTERM) -> None:
        if self._process:
            self._process.send_signal(number)
            self._process.wait(10)
            self._process = None


@contextmanager
def mosquitto(folder: Path, *lines: str) -> Iterator[Mosquitto]:
    """Running."""
    broker = Mosquitto(folder, *lines)
    broker.start()
    try:
        yield broker
    finally:
        broker.stop()


class Other:
    """Another client of the broker, in a thread: what it is told is in `heard`, in order.

    The broker keeps what it misses, and it keeps what the broker has not taken.
    """

    def __init__(self, broker: Mosquitto, *topics: str):
        self.heard: list[MQTTMessage] = []
        self._client = Client(
            CallbackAPIVersion.VERSION2, f"other-{next(_numbers)}", protocol=MQTTProtocolVersion.MQTTv5
        )
        self._client.max_inflight_messages_set(20)
        self._client.reconnect_delay_set(1, 1)
        self._client.on_message = lambda client, data, message: self.heard.append(message)
        self._client.on_connect = lambda client, *_: (
            topics and client.subscribe([(each, 1) for each in topics])
        )
        subscribed: list[int] = []
        self._client.on_subscribe = lambda *_: subscribed.append(1)
        session = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        session.SessionExpiryInterval = 3600
        self._client.connect("127.0.0.1", broker.port, clean_start=False, properties=session)
        self._client.loop_start()
        _await(lambda: self._client.is_connected() and (not topics or bool(subscribed)))

    def say(self, topic: str, body: bytes, qos: int = 1, retain: bool = False) -> None:
        """On the broker's side when this returns."""
        self._client.publish(topic, body, qos, retain).wait_for_publish(10)

    def send(self, topic: str, body: bytes) -> None:
        """On its way, whenever the broker is there."""
        self._client.publish(topic, body, 1)

    def bodies(self, suffix: str = "") -> list[bytes]:
        return [bytes(message.payload) for message in list(self.heard) if message.topic.endswith(suffix)]

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


@contextmanager
def other(broker: Mosquitto, *topics: str) -> Iterator[Other]:
    made = Other(broker, *topics)
    try:
        yield made
    finally:
        made.close()


async def until(condition: Callable[[], object], seconds: float = 15) -> None:
    """Let the loop run until it holds."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 (what is waited for is in another process)
            await asyncio.sleep(0.01)


def _await(condition: Callable[[], object], seconds: float = 10) -> None:
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError
        time.sleep(0.01)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
