"""A link to the MQTT broker of an LNS, which keeps for us what we have not taken: paho-mqtt speaks."""

import asyncio
from typing import Any

from paho.mqtt.client import MQTT_CLEAN_START_FIRST_ONLY, Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from gateway.mqtt.connection import Connection, Said
from gateway.mqtt.enduring import CONNECT_S, Enduring

SESSION_S = 7 * 86400  # how long a broker keeps what we have not taken
UNACKNOWLEDGED = 200  # messages we hold at most
_MESSAGE = 1 << 16


class Link(Enduring[Connection]):
    """Each connection has a paho client of its own: nothing of a former one is acknowledged or sent in it."""

    def publish(self, said: Said, qos: int = 1) -> "asyncio.Future[None]":
        """Done when the broker has it, fails with MqttError if it may not have it."""
        return self._live().publish(said, qos)

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

    def _open(self) -> Connection:
        return Connection(self._client(), self._role, self._up)

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
        client.connect_timeout = CONNECT_S
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
