"""Tables of the configuration that name other servers: brokers with an LNS behind them, and sinks."""

import ipaddress
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, ValidationInfo, field_validator

from gateway.section import ConfigError, Section

_MQTT_PORTS = {"mqtt": 1883, "mqtts": 8883}
_NAME = Field(
    pattern="^[A-Za-z0-9_-]{1,32}$",
    description="1 to 32 letters, digits, - and _: its name in logs and lists, different for each",
)


def _beside(file: Path, info: ValidationInfo) -> Path:
    """Relative to the configuration."""
    found = ((info.context or {}).get("folder") or Path()) / file
    if not found.is_file():
        raise ValueError(f"{found}: no such file")
    return found


File = Annotated[Path, Field(strict=False), AfterValidator(_beside)]


def _check_url(url: str, schemes: tuple[str, ...]) -> str:
    """No user and password: a URL is shown and logged."""
    parts = urlsplit(url)
    examples = " or ".join(f"{scheme}://host" for scheme in schemes)
    if parts.scheme not in schemes or not parts.hostname:
        raise ValueError(f"expected {examples}, with a port if it is not the usual one")
    if parts.username is not None or parts.password is not None:
        raise ValueError("no user and password in a URL: it is shown and logged. Use the keys for them")
    if parts.port == 0:
        raise ValueError("port 0 is none")
    return url


def is_loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class BrokerConfig(Section):
    """How to reach an MQTT broker."""

    url: str = Field(
        description='the broker, such as "mqtts://broker.example.org" or "mqtt://127.0.0.1:1883"'
    )
    protocol: Literal["5", "3.1.1"] = Field(default="5", description='"5" or "3.1.1": the version of MQTT')
    client_id: str | None = Field(
        default=None,
        pattern="^[A-Za-z0-9_-]{1,64}$",
        description="1 to 64 letters, digits, - and _: under it the broker keeps what we miss; "
        "messfunk-NAME unless given, and another one for each gateway",
    )
    username: str | None = Field(default=None, description="a text: the user at the broker")
    password_file: File | None = Field(default=None, description="a path: the file with the password")
    ca_file: File | None = Field(
        default=None, description="a path: the certificates to trust; the system's unless given"
    )
    cert_file: File | None = Field(default=None, description="a path: our certificate for the broker")
    key_file: File | None = Field(default=None, description="a path: the key of cert_file")
    plaintext: bool = Field(
        default=False,
        validate_default=True,
        description="true or false: the password may go unencrypted beyond this machine",
    )

    @field_validator("url")
    @classmethod
    def _broker_url(cls, url: str) -> str:
        return _check_url(url, ("mqtts", "mqtt"))

    @field_validator("plaintext")
    @classmethod
    def _password_needs_tls(cls, plaintext: bool, info: ValidationInfo) -> bool:
        url, password = info.data.get("url", ""), info.data.get("password_file")
        if url.startswith("mqtt:") and password and not is_loopback(url) and not plaintext:
            raise ValueError(
                "anybody on the way could read the password: use mqtts://, or set plaintext = true"
            )
        return plaintext

    @field_validator("key_file")
    @classmethod
    def _certificate_and_key(cls, key_file: Path | None, info: ValidationInfo) -> Path | None:
        if key_file and not info.data.get("cert_file"):
            raise ValueError("key_file without cert_file: name the certificate too")
        return key_file

    @property
    def host(self) -> str:
        return urlsplit(self.url).hostname or ""

    @property
    def port(self) -> int:
        parts = urlsplit(self.url)
        return parts.port or _MQTT_PORTS[parts.scheme]

    @property
    def is_tls(self) -> bool:
        return self.url.startswith("mqtts:")


class LnsConfig(BrokerConfig):
    """A broker that an LNS publishes to."""

    type: Literal["chirpstack", "chirpstack_v3", "tts"] = Field(
        description='"chirpstack" (version 4), "chirpstack_v3" or "tts": the LNS behind the broker'
    )
    name: str = _NAME
    topics: tuple[str, ...] | None = Field(
        default=None,
        min_length=1,
        strict=False,
        description="a list of topic filters; those of all applications unless given",
    )
    group: str | None = Field(
        default=None,
        pattern="^[A-Za-z0-9_-]{1,64}$",
        description="1 to 64 letters, digits, - and _: gateways with the same group share the messages",
    )
    adopt: bool = Field(
        default=False,
        description="true or false: register a node that the LNS knows at its first message",
    )


class MqttSinkConfig(BrokerConfig):
    """A broker that we publish to."""

    type: Literal["mqtt"] = Field(description='"mqtt", "influx" or "webhook": where values go')
    name: str = _NAME
    topic: str = Field(
        default="messfunk",
        pattern="^[^+#\\x00/]{1,64}$",
        description="a text without / + #: topics begin with it",
    )
    home_assistant: str | None = Field(
        default=None,
        pattern="^[^+#\\x00]{1,64}$",
        description='a text such as "homeassistant": Home Assistant finds the nodes under this topic',
    )


class _HttpSinkConfig(Section):
    name: str = _NAME
    url: str = Field(description='a URL, such as "https://example.org/hook"')
    token_file: File | None = Field(default=None, description="a path: the file with the access token")
    plaintext: bool = Field(
        default=False,
        validate_default=True,
        description="true or false: token and values may go unencrypted beyond this machine",
    )

    @field_validator("url")
    @classmethod
    def _http_url(cls, url: str) -> str:
        return _check_url(url, ("https", "http"))

    @field_validator("plaintext")
    @classmethod
    def _token_needs_tls(cls, plaintext: bool, info: ValidationInfo) -> bool:
        url, token = info.data.get("url", ""), info.data.get("token_file")
        if url.startswith("http:") and token and not is_loopback(url) and not plaintext:
            raise ValueError("anybody on the way could read the token: use https://, or set plaintext = true")
        return plaintext


class InfluxConfig(_HttpSinkConfig):
    type: Literal["influx"] = Field(description='"mqtt", "influx" or "webhook": where values go')
    org: str = Field(min_length=1, description="a text: the organisation in InfluxDB")
    bucket: str = Field(min_length=1, description="a text: the bucket in InfluxDB")
    measurement: str = Field(
        default="messfunk",
        pattern="^[A-Za-z][A-Za-z0-9_-]{0,63}$",
        description="letters, digits, - and _, the first a letter: the measurement to write",
    )


class WebhookConfig(_HttpSinkConfig):
    type: Literal["webhook"] = Field(description='"mqtt", "influx" or "webhook": where values go')


def read_secret(file: Path | None) -> str | None:
    """The first line; the text of an error never holds it."""
    if file is None:
        return None
    try:
        secret = file.read_text("utf-8").partition("\n")[0].strip()
    except (OSError, UnicodeDecodeError):
        secret = ""
    if not secret:
        raise ConfigError(f"{file}: expected a secret on its first line, readable for this user")
    return secret
