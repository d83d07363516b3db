"""What the doctor says of MQTT brokers: what they tell, what their file says, what nobody can know."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from gateway.finding import Finding
from gateway.mqtt.link import SESSION_S
from gateway.mqtt.look import Seen
from gateway.peers import BrokerConfig, LnsConfig, is_loopback
from gateway.words import said

MOSQUITTO = Path("/etc/mosquitto/mosquitto.conf")
_DAY_S = 86_400
_QUEUED = 1000  # Mosquitto's own default, mosquitto.conf(5)


def examine(
    config: BrokerConfig, name: str, look: Callable[[BrokerConfig], Seen], file: Path = MOSQUITTO
) -> Iterator[Finding]:
    """Of a source, whose queue at the broker is what an outage is survived by, and of a sink."""
    seen = look(config)
    if seen.refused:
        yield Finding(name, "wrong", said("doctor.refused", url=config.url, error=seen.refused))
        return
    if seen.version:
        yield Finding(name, "good", said("doctor.version", url=config.url, version=seen.version))
    else:
        yield Finding(name, "good", said("doctor.answers", url=config.url))
    if seen.most_qos == 0:
        yield Finding(name, "wrong", said("doctor.qos0Only"))
    if not isinstance(config, LnsConfig):
        return
    yield Finding(name, "look", said(f"doctor.qos0.{config.type}"))
    yield from _kept(seen, config, name)
    settings = _settings(file) if is_loopback(config.url) else None
    if settings is None:
        yield Finding(name, "look", said("doctor.queueUnknown"))
    else:
        yield from _queue(settings, name)


def _kept(seen: Seen, config: LnsConfig, name: str) -> Iterator[Finding]:
    if seen.session_s is not None and seen.session_s < SESSION_S:
        text = said("doctor.keepsShort", seconds=seen.session_s, days=SESSION_S // _DAY_S)
        yield Finding(name, "look", text)
    if config.group and seen.is_shared is False:
        yield Finding(name, "wrong", said("doctor.noSharing"))
    if seen.dropped:
        yield Finding(name, "look", said("doctor.dropped", number=seen.dropped))


def _queue(settings: Mapping[str, str], name: str) -> Iterator[Finding]:
    """As the broker's file says, on this machine."""
    most = int(settings.get("max_queued_messages", _QUEUED))
    if most:
        yield Finding(name, "look", said("doctor.queue", number=most))
    if settings.get("persistence") != "true":
        yield Finding(name, "wrong", said("doctor.notKept"))
    elif not most:
        yield Finding(name, "good", said("doctor.kept"))


def _settings(file: Path) -> dict[str, str] | None:
    """None where there is none to be read. Of a key that stands there twice the last counts."""
    try:
        lines = file.read_text("utf-8").splitlines()
        found = dict(
            line.split(None, 1) for line in lines if len(line.split(None, 1)) == 2 and line[0] != "#"
        )
        folder = found.get("include_dir")
        for more in sorted(Path(folder).glob("*.conf")) if folder else ():
            found |= _settings(more) or {}
    except (OSError, UnicodeDecodeError):
        return None
    return {key: value.strip() for key, value in found.items()}
