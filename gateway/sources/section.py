"""Tables [[source]] of gateways that talk to us directly: packet forwarders and Basics Stations."""

import ipaddress
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, ValidationInfo, field_validator

from gateway.addresses import Address, Bind, parse_eui
from gateway.peers import File
from gateway.section import Section

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_TYPES = (
    '"semtech_udp" (packet forwarders), "basics_station" (LoRa Basics Station), "chirpstack", '
    '"chirpstack_v3" or "tts": who speaks'
)
_URL = re.compile(r"wss?://[^/\s:@]+:\d{1,5}")
_LONGEST_URL = 96  # a station takes 128 characters, and a path goes behind it
_GATEWAYS = Field(
    default=(),
    strict=False,
    validate_default=True,
    description="a list of the EUIs to serve; empty serves any gateway, on loopback only. "
    'With "EUI@10.1.2.0/24" a new address within that network is believed at once',
)


def _parse_listed(text: object) -> str:
    """`aa555a0000000101`, or with the network it is in: `aa555a0000000101@10.1.2.0/24`."""
    eui, at, network = text.partition("@") if isinstance(text, str) else (text, "", "")
    if not at:
        return parse_eui(eui)
    try:
        return f"{parse_eui(eui)}@{ipaddress.ip_network(network)}"
    except ValueError:
        raise ValueError(
            "expected an EUI of 16 hexadecimal digits and a network such as aa555a0000000101@10.1.2.0/24"
        ) from None


Listed = Annotated[str, BeforeValidator(_parse_listed)]


def listed(gateways: Iterable[Listed]) -> dict[str, Network | None]:
    """By EUI the network that a gateway is in, where it is told."""
    parts = (each.partition("@") for each in gateways)
    return {eui: ipaddress.ip_network(network) if network else None for eui, _, network in parts}


class SourceConfig(Section):
    """Packet forwarders."""

    type: Literal["semtech_udp"] = Field(default="semtech_udp", description=_TYPES)
    bind: Bind = Field(
        default=Address("127.0.0.1", 1700),
        description="IP address and UDP port that the packet forwarders send to",
    )
    gateways: tuple[Listed, ...] = _GATEWAYS
    keepalive_s: int = Field(
        default=10,
        ge=1,
        le=300,
        description="an integer from 1 to 300: seconds between two PULL_DATA of a forwarder; "
        "one that was silent for three times that may come back from another address",
    )

    @field_validator("gateways")
    @classmethod
    def _listed_beyond_loopback(cls, gateways: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        bind = info.data.get("bind")
        if bind and not bind.is_loopback and not gateways:
            raise ValueError(
                f"{bind} is reachable from other machines and the protocol has no password: "
                'list the EUIs to serve, such as gateways = ["aa555a0000000101"], or bind 127.0.0.1'
            )
        return gateways


class StationConfig(Section):
    """LoRa Basics Stations."""

    type: Literal["basics_station"] = Field(description=_TYPES)
    bind: Bind = Field(
        default=Address("127.0.0.1", 3001), description="IP address and port that the stations connect to"
    )
    gateways: tuple[Listed, ...] = Field(
        default=(),
        strict=False,
        description="a list of the EUIs to serve; empty serves whoever shows its token or certificate. "
        'With "EUI@10.1.2.0/24" a new address within that network is believed at once',
    )
    tls_cert_file: File | None = Field(
        default=None,
        description="a path: our certificate, with those that lead to its root (the stations' tc.trust)",
    )
    tls_key_file: File | None = Field(
        default=None, validate_default=True, description="a path: the key of tls_cert_file"
    )
    client_ca_file: File | None = Field(
        default=None,
        description="a path: who signs the stations' certificates (tc.crt), whose names (CN) are the EUIs",
    )
    tokens_file: File | None = Field(
        default=None,
        description="a path: a line for each gateway, its EUI and the token in its tc.key behind Bearer",
    )
    url: str | None = Field(
        default=None,
        validate_default=True,
        description='where stations reach us through a proxy with TLS, such as "wss://lns.example.org:443"; '
        "beyond loopback it needs that or tls_cert_file, and tokens_file or client_ca_file",
    )

    @field_validator("tls_key_file")
    @classmethod
    def _certificate_and_key(cls, key_file: Path | None, info: ValidationInfo) -> Path | None:
        if "tls_cert_file" in info.data and (key_file is None) != (info.data["tls_cert_file"] is None):
            raise ValueError("tls_cert_file and tls_key_file belong together: name both or none")
        return key_file

    @field_validator("client_ca_file")
    @classmethod
    def _tls_for_certificates(cls, ca_file: Path | None, info: ValidationInfo) -> Path | None:
        if ca_file and not info.data.get("tls_cert_file"):
            raise ValueError("a station shows its certificate over TLS only: name tls_cert_file too")
        return ca_file

    @field_validator("url")
    @classmethod
    def _known_beyond_loopback(cls, url: str | None, info: ValidationInfo) -> str | None:
        """Validated last: it looks at all the others."""
        if url is not None and (not _URL.fullmatch(url) or len(url) > _LONGEST_URL):
            raise ValueError(
                f"expected wss://host:port, of at most {_LONGEST_URL} characters and without a path"
            )
        bind, asks = info.data.get("bind"), info.data.get("tokens_file") or info.data.get("client_ca_file")
        if bind and not bind.is_loopback and not info.data.get("tls_cert_file"):
            raise ValueError(
                f"{bind} is reachable from other machines: name tls_cert_file and tls_key_file, "
                "or put a proxy with TLS before it and bind 127.0.0.1"
            )
        if bind and (url or not bind.is_loopback) and not asks:
            raise ValueError("whoever knows an EUI could be that gateway: name tokens_file or client_ca_file")
        return url
