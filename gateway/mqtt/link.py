"""A link to an MQTT broker that comes back after each failure, for as long as it takes."""

import asyncio
import logging
import ssl
from random import Random
from typing import Any

from paho.mqtt.client import MQTT_CLEAN_START_FIRST_ONLY, Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from gateway.mqtt.connection import Connection, MqttError, Role, Said
from gateway.peers import BrokerConfig, read_secret
from gateway.section import ConfigError

_log = logging.getLogger(__name__)
_CONNECT_S = 5.0
_LONGEST_WAIT_S = 30.0
SESSION_S = 7 * 86400  # how long a broker keeps what we have not taken
UNACKNOWLEDGED = 200  # messages we hold at most
_MESSAGE = 1 << 16


class Link:
    """Open between `start` and `stop`, though not always connected: `error` says why not.

    Each connection has a paho client of its own: nothing of a former one is acknowledged or sent in it.
    """

    def __init__(self, config: BrokerConfig, client_id: str, role: Role, rng: Random):
        self.error: str | None = "not connected yet"
        self._config = config
        self._client_id = client_id
        self._role = role
        self._rng = rng
        self._password = read_secret(config.password_file)
        self._tls = tls_context(config) if config.is_tls else None
        self._connection: Connection | None = None

    def start(self) -> None:
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    def publish(self, *said: Said, qos: int = 1) -> "asyncio.Future[None]":
        """Done when the broker has all of it, fails with MqttError if it may not have some."""
        if self._connection is None or self.error:
            raise MqttError(self.error or "not connected")
        return self._connection.publish(said, qos)

    def acknowledge(self, message: MQTTMessage) -> None:
        """The broker need not send it again. Only for messages of this connection: `lost` ends them."""
        if self._connection:
            self._connection.acknowledge(message)

    def pause(self) -> None:
        """Take nothing more from the broker until `resume`."""
        if self._connection:
            self._connection.pause()

    def resume(self) -> None:
        if self._connection:
            self._connection.resume()

    async def _run(self) -> None:
        failures = 0
        while True:
            self._connection = Connection(self._client(), self._role, self._up)
            try:
                await self._connection.run(self._config.host, self._config.port, self._options())
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

    def _client(self) -> Client:
        is_5 = self._config.protocol == "5"
        client = Client(
            CallbackAPIVersion.VERSION2,
            self._client_id,
            clean_session=None if is_5 else not self._role.session,
            protocol=MQTTProtocolVersion.MQTTv5 if is_5 else MQTTProtocolVersion.MQTTv311,
            reconnect_on_failure=False,
            manual_ack=True,
        )
        client.connect_timeout = _CONNECT_S
        if self._config.username is not None:
            client.username_pw_set(self._config.username, self._password)
        if self._tls:
            client.tls_set_context(self._tls)
        if will := self._role.will:
            client.will_set(will.topic, will.body, qos=1, retain=will.retain)
        return client

    def _options(self) -> dict[str, Any]:
        if self._config.protocol != "5":
            return {"clean_start": MQTT_CLEAN_START_FIRST_ONLY}
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        properties.ReceiveMaximum = UNACKNOWLEDGED
        properties.MaximumPacketSize = _MESSAGE
        if self._role.session:
            properties.SessionExpiryInterval = SESSION_S
        return {"clean_start": not self._role.session, "properties": properties}


def tls_context(config: BrokerConfig) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=config.ca_file)
        if config.cert_file:
            context.load_cert_chain(config.cert_file, config.key_file)
    except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
        raise ConfigError(f"{config.url}: its certificates cannot be used: {error}") from None
    return context
