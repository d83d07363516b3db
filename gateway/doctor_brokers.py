"""What the doctor says of MQTT brokers: what they tell, what their file says, what nobody can know."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from gateway.finding import Finding
from gateway.mqtt.link import SESSION_S
from gateway.mqtt.look import Seen
from gateway.peers import BrokerConfig, LnsConfig, is_loopback

MOSQUITTO = Path("/etc/mosquitto/mosquitto.conf")
_DAY_S = 86_400
_QUEUED = 1000  # Mosquitto's own default, mosquitto.conf(5)
_QOS_0 = {
    "chirpstack": "ChirpStack publishes at QoS 0 unless [integration.mqtt] has qos = 1: what we miss is lost",
    "chirpstack_v3": "ChirpStack publishes at QoS 0 unless its MQTT qos is 1: what we miss is lost",
    "tts": "The Things Stack publishes at QoS 0 only: what we miss is lost; its storage integration keeps it",
}
_UNKNOWN = (
    "how much it keeps for us while we are away it does not tell; Mosquitto: 1000 messages, and none over a "
    "restart, unless its file says max_queued_messages 0 and persistence true"
)


def examine(
    config: BrokerConfig, name: str, look: Callable[[BrokerConfig], Seen], file: Path = MOSQUITTO
) -> Iterator[Finding]:
    """Of a source, whose queue at the broker is what an outage is survived by, and of a sink."""
    seen = look(config)
    if seen.refused:
        yield Finding(name, "wrong", f"{config.url}: {seen.refused}")
        return
    yield Finding(name, "good", f"{config.url}: {seen.version or 'it answers'}")
    if seen.most_qos == 0:
        yield Finding(name, "wrong", "the broker knows QoS 0 only: it acknowledges and keeps nothing")
    if not isinstance(config, LnsConfig):
        return
    yield Finding(name, "look", _QOS_0[config.type])
    yield from _kept(seen, config, name)
    said = _settings(file) if is_loopback(config.url) else None
    yield from _queue(said, name) if said is not None else [Finding(name, "look", _UNKNOWN)]


def _kept(seen: Seen, config: LnsConfig, name: str) -> Iterator[Finding]:
    if seen.session_s is not None and seen.session_s < SESSION_S:
        text = f"the broker keeps what we miss for {seen.session_s} s, we ask for {SESSION_S // _DAY_S} days"
        yield Finding(name, "look", text)
    if config.group and seen.is_shared is False:
        yield Finding(name, "wrong", "the broker shares no subscriptions: leave `group` away, or use another")
    if seen.dropped:
        text = f"since its start the broker has dropped {seen.dropped} messages to somebody: raise its limits"
        yield Finding(name, "look", text)


def _queue(said: Mapping[str, str], name: str) -> Iterator[Finding]:
    """`said` is what the broker's file says, on this machine."""
    most = int(said.get("max_queued_messages", _QUEUED))
    if most:
        text = f"while we are away the broker keeps {most} messages: set max_queued_messages 0"
        yield Finding(name, "look", text)
    if said.get("persistence") != "true":
        yield Finding(name, "wrong", "its restart loses what it keeps for us: set persistence true")
    elif not most:
        yield Finding(name, "good", "what we miss the broker keeps, over a restart too")


def _settings(file: Path) -> dict[str, str] | None:
    """None where there is none to be read. Of a key that stands there twice the last counts."""
    try:
        lines = file.read_text("utf-8").splitlines()
        said = dict(line.split(None, 1) for line in lines if len(line.split(None, 1)) == 2 and line[0] != "#")
        folder = said.get("include_dir")
        for more in sorted(Path(folder).glob("*.conf")) if folder else ():
            said |= _settings(more) or {}
    except (OSError, UnicodeDecodeError):
        return None
    return {key: value.strip() for key, value in said.items()}
