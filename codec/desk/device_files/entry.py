"""What a file says of one device, and how each of its fields is read."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Literal

from codec.wire import WireError

Path = tuple[str, ...]
Place = tuple[int, int]  # line and column, from 1; of CSV the number of the cell
_SEPARATORS = str.maketrans("", "", "-: ")
_NAME = re.compile("[^\x00-\x1f\x7f\ud800-\udfff]{1,64}")


class FieldError(WireError):
    """A field is not what it should be; `path` leads to it. The text never holds what stood there."""

    def __init__(self, path: Path, reason: str):
        super().__init__(f"{'.'.join(path)}: {reason}" if path else reason)
        self.path = path


class FileError(WireError):
    """A file is refused; the text says where, and never what stands there."""

    def __init__(self, place: Place, reason: str):
        super().__init__(f"line {place[0]}, column {place[1]}: {reason}")
        self.place = place


@dataclass(frozen=True, slots=True)
class Entry:
    """None is what the file does not say. Hexadecimal is lower-case; no key shows in the repr."""

    dev_eui: str
    name: str | None = None
    activation: Literal["otaa", "abp", "lns"] | None = None
    join_eui: str | None = None
    app_key: str | None = field(default=None, repr=False)
    join_nonce: int | None = None  # the last one given out
    dev_addr: str | None = None
    nwk_s_key: str | None = field(default=None, repr=False)
    app_s_key: str | None = field(default=None, repr=False)
    fcnt_up: int | None = None  # the last one heard
    fcnt_down: int | None = None  # the next one to send
    group: str | None = None
    lat: float | None = None
    lon: float | None = None
    mount_mm: int | None = None

    def said(self) -> dict[str, Any]:
        """What it says, by name."""
        pairs = ((name, getattr(self, name)) for name in FIELDS)
        return {name: value for name, value in pairs if value is not None}


def _hexadecimal(digits: int) -> Callable[[object], str]:
    def read(value: object) -> str:
        text = value.translate(_SEPARATORS).lower() if isinstance(value, str) else ""
        if len(text) != digits or text.strip("0123456789abcdef"):
            raise ValueError(f"expected {digits} hexadecimal digits")
        return text

    return read


def _integer(least: int, most: int) -> Callable[[object], int]:
    def read(value: object) -> int:
        text = str(value) if isinstance(value, int | str) and not isinstance(value, bool) else ""
        digits = text.removeprefix("-")
        if not (digits.isascii() and digits.isdigit() and len(digits) < 20 and least <= int(text) <= most):
            raise ValueError(f"expected an integer from {least} to {most}")
        return int(text)

    return read


def _degrees(most: int) -> Callable[[object], float]:
    def read(value: object) -> float:
        try:
            number = float(value) if isinstance(value, int | float | str) else most + 1.0
        except (ValueError, OverflowError):
            number = most + 1.0
        if isinstance(value, bool) or not -most <= number <= most:
            raise ValueError(f"expected degrees such as 50.5, from {-most} to {most}")
        return number

    return read


def _name(value: object) -> str:
    if not isinstance(value, str) or not _NAME.fullmatch(value):
        raise ValueError("expected a text of 1 to 64 characters on one line")
    return value


def _activation(value: object) -> str:
    if value not in ("otaa", "abp", "lns"):
        raise ValueError("expected otaa, abp or lns")
    return str(value)


_READERS: dict[str, Callable[[object], Any]] = {
    "name": _name,
    "activation": _activation,
    "app_key": _hexadecimal(32),
    "join_nonce": _integer(0, 0xFFFFFF),
    "dev_addr": _hexadecimal(8),
    "nwk_s_key": _hexadecimal(32),
    "app_s_key": _hexadecimal(32),
    "fcnt_up": _integer(-1, 0xFFFFFFFF),
    "fcnt_down": _integer(0, 0xFFFFFFFF),
    "group": _name,
    "lat": _degrees(90),
    "lon": _degrees(180),
    "mount_mm": _integer(-100_000_000, 100_000_000),
}
FIELDS = tuple(each.name for each in fields(Entry))
SESSION = ("dev_addr", "nwk_s_key", "app_s_key")


def read(found: Mapping[str, object], paths: Mapping[str, Path]) -> Entry:
    """`found` by the names of FIELDS; `paths` say where each stands, for the error."""
    values: dict[str, Any] = {}
    for name in FIELDS:
        if found.get(name) is None:
            continue
        try:
            values[name] = _READERS.get(name, _hexadecimal(16))(found[name])
        except ValueError as error:
            raise FieldError(paths[name], str(error)) from None
    _check_whole(values, paths)
    return Entry(**values)


def _check_whole(values: Mapping[str, Any], paths: Mapping[str, Path]) -> None:
    if "dev_eui" not in values:
        raise FieldError((), f"{'.'.join(paths['dev_eui'])} is missing")
    needed = ("app_key", "join_eui") if "app_key" in values else SESSION
    given = [name for name in needed if name in values]
    missing = [name for name in needed if name not in values]
    if given and missing:
        raise FieldError(paths[given[0]], f"{'.'.join(paths[missing[0]])} is missing")
