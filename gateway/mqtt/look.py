"""What a broker tells of itself to whoever asks once: its greeting, and its $SYS topics where it has any."""

import contextlib
import time
from dataclasses import dataclass, field
from typing import Any

from paho.mqtt.client import Client, ConnectFlags, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from gateway.mqtt.link import SESSION_S, tls_context
from gateway.peers import BrokerConfig, read_secret

_PATIENCE_S = 3.0
_TURN_S = 0.1
_SYS = ("$SYS/broker/version", "$SYS/broker/publish/messages/dropped")


@dataclass(slots=True)
class Seen:
    """`refused` says why it was no greeting. What a broker of MQTT 3.1.1 cannot tell is None."""

    refused: str | None = "it does not answer"
    session_s: int | None = None  # for how long it keeps what we miss
    is_shared: bool | None = None  # whether several of us can share a subscription
    most_qos: int | None = None
    sys: dict[str, str] = field(default_factory=dict)

    @property
    def version(self) -> str | None:
        return self.sys.get(_SYS[0])

    @property
    def dropped(self) -> int | None:
        said = self.sys.get(_SYS[1], "")
        return int(said) if said.isdigit() else None


def look(config: BrokerConfig) -> Seen:
    """Connects under a name of its own and leaves nothing behind."""
    seen = Seen()
    is_5 = config.protocol == "5"

    def greeted(
        client: Client, _: Any, flags: ConnectFlags, code: ReasonCode, said: Properties | None
    ) -> None:
        if code.is_failure:
            seen.refused = str(code)
            return
        seen.refused = None
        if is_5:
            told = said.json() if said else {}  # type: ignore[no-untyped-call]
            seen.session_s = told.get("SessionExpiryInterval", SESSION_S)
            seen.is_shared = bool(told.get("SharedSubscriptionAvailable", 1))
            seen.most_qos = told.get("MaximumQoS", 2)
        client.subscribe([(topic, 0) for topic in _SYS])

    def heard(_: Client, __: Any, message: MQTTMessage) -> None:
        seen.sys[message.topic] = message.payload.decode("utf-8", "replace")

    client = _client(config)
    client.on_connect, client.on_message = greeted, heard
    client.connect_timeout = _PATIENCE_S
    wanted = None
    if is_5:
        wanted = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        wanted.SessionExpiryInterval = SESSION_S
    try:
        client.connect(config.host, config.port, properties=wanted)
    except OSError as error:
        seen.refused = error.strerror or str(error)
        return seen
    until = time.monotonic() + _PATIENCE_S
    while time.monotonic() < until and len(seen.sys) < len(_SYS) and not client.loop(_TURN_S):
        pass
    _leave(client, is_5)
    return seen


def _leave(client: Client, is_5: bool) -> None:
    ended = None
    if is_5:
        ended = Properties(PacketTypes.DISCONNECT)  # type: ignore[no-untyped-call]
        ended.SessionExpiryInterval = 0
    with contextlib.suppress(OSError):
        client.disconnect(properties=ended)
        client.loop(_TURN_S)


def _client(config: BrokerConfig) -> Client:
    is_5 = config.protocol == "5"
    client = Client(
        CallbackAPIVersion.VERSION2,
        "",
        clean_session=None if is_5 else True,
        protocol=MQTTProtocolVersion.MQTTv5 if is_5 else MQTTProtocolVersion.MQTTv311,
        reconnect_on_failure=False,
    )
    if config.username is not None:
        client.username_pw_set(config.username, read_secret(config.password_file))
    if config.is_tls:
        client.tls_set_context(tls_context(config))
    return client
