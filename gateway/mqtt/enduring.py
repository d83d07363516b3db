"""A connection to an MQTT broker that is made anew after each failure, for as long as it takes."""

import asyncio
import logging
import ssl
from abc import ABC, abstractmethod
from random import Random
from typing import Any, Generic, Protocol, TypeVar

from gateway.mqtt.connection import MqttError, Role
from gateway.peers import BrokerConfig, read_secret
from gateway.section import ConfigError

_log = logging.getLogger(__name__)
CONNECT_S = 5.0
KEEPALIVE_S = 30
_LONGEST_WAIT_S = 30.0


class Mortal(Protocol):
    """One life of a connection."""

    async def run(self, host: str, port: int, options: dict[str, Any]) -> None:
        """Until it is lost, which raises MqttError or OSError."""


Life = TypeVar("Life", bound=Mortal)


class Enduring(ABC, Generic[Life]):
    """Open between `start` and `stop`, though not always connected: `error` says why not."""

    def __init__(self, config: BrokerConfig, client_id: str, role: Role, rng: Random):
        self.error: str | None = "not connected yet"
        self._config = config
        self._client_id = client_id
        self._role = role
        self._rng = rng
        self._password = read_secret(config.password_file)
        self._tls = tls_context(config) if config.is_tls else None
        self._connection: Life | None = None

    def start(self) -> None:
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    @abstractmethod
    def _open(self) -> Life: ...

    @abstractmethod
    def _options(self) -> dict[str, Any]: ...

    def _live(self) -> Life:
        if self._connection is None or self.error:
            raise MqttError(self.error or "not connected")
        return self._connection

    async def _run(self) -> None:
        failures = 0
        while True:
            connection = self._connection = self._open()
            try:
                await connection.run(self._config.host, self._config.port, self._options())
            except (OSError, MqttError) as error:
                failures = failures + 1 if self.error else 1
                self._fail(error, failures)
            finally:
                self._connection = None
                self._role.lost()
            wait_s = min(_LONGEST_WAIT_S, 0.25 * 2 ** min(failures, 10))
            await asyncio.sleep(wait_s * self._rng.uniform(0.5, 1.0))

    def _fail(self, error: Exception, failures: int) -> None:
        """The first failure is logged, the following ones are the same as a rule."""
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        self.error = f"broker {self._config.url}: {reason}"
        if failures == 1:
            _log.warning("%s; trying again until it works", self.error)

    def _up(self) -> None:
        self.error = None
        _log.info("broker %s: connected", self._config.url)
        self._role.connected()


def tls_context(config: BrokerConfig) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=config.ca_file)
        if config.cert_file:
            context.load_cert_chain(config.cert_file, config.key_file)
    except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
        raise ConfigError(f"{config.url}: its certificates cannot be used: {error}") from None
    return context
