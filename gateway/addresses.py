"""Addresses and EUIs as the configuration spells them."""

import ipaddress
import re
from typing import Annotated, NamedTuple

from pydantic import BeforeValidator, PlainSerializer

_ADDRESS = re.compile(r"(?:\[([0-9a-fA-F:.]+)\]|([0-9.]+)):([0-9]{1,5})")


class Address(NamedTuple):
    """An IP address and a port; port 0 lets the system choose."""

    host: str
    port: int

    @property
    def is_loopback(self) -> bool:
        return ipaddress.ip_address(self.host).is_loopback

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def parse_address(text: object) -> Address:
    """`127.0.0.1:8080` or `[::1]:8080`; ValueError when it is neither."""
    if isinstance(text, Address):
        return text
    found = _ADDRESS.fullmatch(text) if isinstance(text, str) else None
    if found is None or int(found[3]) > 65535:
        raise ValueError("expected an IP address and a port such as 127.0.0.1:8080 or [::1]:8080")
    return Address(str(ipaddress.ip_address(found[1] or found[2])), int(found[3]))


def parse_eui(text: object) -> str:
    """16 hexadecimal digits in any case; ValueError when it is something else."""
    if not isinstance(text, str) or not re.fullmatch(r"[0-9a-fA-F]{16}", text):
        raise ValueError("expected an EUI of 16 hexadecimal digits such as aa555a0000000101")
    return text.lower()


Bind = Annotated[Address, BeforeValidator(parse_address), PlainSerializer(str)]
Eui = Annotated[str, BeforeValidator(parse_eui)]
