"""A JSON object of an LNS, read with checks.

ChirpStack and The Things Stack write JSON as protobuf does: zeros are left out, wide integers are strings and
null is absent. Whatever the peer got wrong raises WireError, whose text does not quote it.
"""

import base64
import binascii
import json
import re
from datetime import UTC, datetime
from typing import Any, NoReturn

from codec.wire import WireError

_LONGEST = 1 << 16  # bytes of one message; 16 gateways with all their fields are 8 KiB
_PAYLOAD = 255  # no region lets a frame carry more
_DIGITS = re.compile(r"-?[0-9]{1,20}", re.ASCII)
_HEX = re.compile(r"(?:[0-9a-fA-F]{2})+", re.ASCII)
_TEXT = 256
_EARLIEST = datetime(2015, 1, 1, tzinfo=UTC)  # a gateway without time says 1970, 1980 or the year 1


class Fields:
    """A JSON object, read with checks; what is absent or null is the default."""

    def __init__(self, fields: dict[str, Any]):
        self._fields = fields

    def text(self, name: str) -> str | None:
        value = self._fields.get(name)
        if value is not None and (not isinstance(value, str) or len(value) > _TEXT or not _is_sound(value)):
            raise WireError(f"{name} is not a short text")
        return value or None

    def flag(self, name: str) -> bool:
        value = self._fields.get(name)
        if value is not None and not isinstance(value, bool):
            raise WireError(f"{name} is not true or false")
        return bool(value)

    def integer(self, name: str, least: int, most: int) -> int | None:
        value = self._fields.get(name)
        if isinstance(value, str) and _DIGITS.fullmatch(value):
            value = int(value)
        if value is not None and (isinstance(value, bool) or not isinstance(value, int)):
            raise WireError(f"{name} is not an integer")
        if value is not None and not least <= value <= most:
            raise WireError(f"{name} is not from {least} to {most}")
        return value

    def number(self, name: str, least: float, most: float, absent: float | None = None) -> float | None:
        """None too when it is beyond sense: a strange signal strength must not cost the reading beside it."""
        value = self._fields.get(name, absent)
        if isinstance(value, bool) or not isinstance(value, int | float):
            return None
        return float(value) if least <= value <= most else None

    def time_ms(self, name: str) -> int | None:
        """None when it cannot be meant."""
        text = self.text(name)
        try:
            time = datetime.fromisoformat(text or "")
            return int(time.timestamp() * 1000) if time.tzinfo and time >= _EARLIEST else None
        except (ValueError, OverflowError):
            return None

    def binary(self, name: str) -> bytes:
        """Base64, in either alphabet of RFC 4648."""
        value = self._fields.get(name)
        if value is None:
            return b""
        if not isinstance(value, str):
            raise WireError(f"{name} is not base64")
        content = _base64(value)
        if content is None or len(content) > _PAYLOAD:
            raise WireError(f"{name} is not base64 of at most {_PAYLOAD} bytes")
        return content

    def identifier(self, name: str, size: int) -> str | None:
        """`size` bytes as lower-case hex, from hex or, as ChirpStack v3 has it, base64."""
        text = self.text(name)
        content = None if text is None else read_id(text)
        if text is not None and (content is None or len(content) != size):
            raise WireError(f"{name} is not an identifier of {size} bytes")
        return None if content is None else content.hex()

    def within(self, name: str) -> "Fields":
        value = self._fields.get(name)
        if value is not None and not isinstance(value, dict):
            raise WireError(f"{name} is not an object")
        return Fields(value or {})

    def objects(self, name: str) -> "list[Fields]":
        return [Fields(each) for each in self._list_of(dict, name)]

    def texts(self, name: str) -> list[str]:
        return [each for each in self._list_of(str, name) if len(each) <= _TEXT and _is_sound(each)]

    def require(self, name: str, value: Any) -> Any:
        """What was read under that name, unless it is absent."""
        if value is None:
            raise WireError(f"{name} is missing")
        return value

    def _list_of(self, kind: type, name: str) -> list[Any]:
        value = self._fields.get(name)
        if value is None:
            return []
        if not isinstance(value, list) or not all(isinstance(each, kind) for each in value):
            raise WireError(f"{name} is not a list of {kind.__name__}")
        return value


def parse(body: bytes) -> Fields:
    """The object in a message."""
    if len(body) > _LONGEST:
        raise WireError(f"a message of more than {_LONGEST} bytes")
    try:
        fields = json.loads(body, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        raise WireError("not JSON") from None
    if not isinstance(fields, dict):
        raise WireError("not a JSON object")
    return Fields(fields)


def read_id(text: str) -> bytes | None:
    """The bytes of an identifier in hex or base64. Eight hex digits are hex, though base64 could be meant."""
    return bytes.fromhex(text) if _HEX.fullmatch(text) else _base64(text)


def lora_data_rate(modulation: Fields, bandwidth: str, spreading_factor: str) -> str | None:
    """`SF7BW125`; the bandwidth is told in Hz, by ChirpStack v3 in kHz."""
    hz, factor = modulation.integer(bandwidth, 0, 2_000_000), modulation.integer(spreading_factor, 5, 12)
    return None if not hz or factor is None else f"SF{factor}BW{hz // 1000 or hz}"


def first(*times_ms: int | None) -> int | None:
    """The first that is told."""
    return next((time_ms for time_ms in times_ms if time_ms is not None), None)


def _base64(text: str) -> bytes | None:
    try:
        return base64.b64decode(text.replace("-", "+").replace("_", "/"), validate=True)
    except (binascii.Error, ValueError):
        return None


def _is_sound(text: str) -> bool:
    """JSON can spell half a surrogate pair, which nothing else can write."""
    return not any("\ud800" <= letter <= "\udfff" for letter in text)


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(name)
