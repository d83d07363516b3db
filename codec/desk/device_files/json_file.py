"""Devices as JSON: {"devices": [...]}, a list, or one object after the other."""

import json
import re
from collections.abc import Iterator
from typing import Any

from codec.desk.device_files.entry import Entry, FieldError, FileError, Path, Place, read
from codec.desk.device_files.networks import JSON_FORMS, Form, found_in

_HEAD = re.compile(r'\s*(?:\{\s*"devices"\s*:\s*)?\[')
_GAP = re.compile(r"[\s,]*")
_TAIL = re.compile(r"[\s\]}]*")
_MARKS = {"ids": "tts", "device": "chirpstack", "deviceKeys": "chirpstack"}  # a key that tells whose it is


def rows(text: str, kind: str | None) -> Iterator[tuple[str, Entry, Place]]:
    for at, row in objects(text):
        kind = kind or next((_MARKS[key] for key in row if key in _MARKS), "messfunk")
        form = JSON_FORMS[kind]
        try:
            entry = read(_known(row, form), form.paths)
        except FieldError as error:
            raise FileError(_place(text, _find(text, at, error.path)), str(error)) from None
        yield kind, entry, _place(text, at)


def objects(text: str) -> Iterator[tuple[int, dict[str, Any]]]:
    """Each object and where it begins."""
    head = _HEAD.match(text)
    at = head.end() if head else 0
    decoder = json.JSONDecoder()
    while text.startswith("{", at := _end(_GAP, text, at)):
        try:
            row, end = decoder.raw_decode(text, at)
        except json.JSONDecodeError as error:
            raise FileError((error.lineno, error.colno), f"not JSON: {error.msg}") from None
        except RecursionError:
            raise FileError(_place(text, at), "not JSON: it is nested without end") from None
        yield at, row
        at = end
    if _end(_TAIL, text, at) < len(text):
        raise FileError(_place(text, at), "expected the object of a device")


def _known(row: dict[str, Any], form: Form) -> dict[str, object]:
    ours = {path[0] for path in form.paths.values()}
    other = next((key for key in row if key not in ours), None)
    if other is not None and not form.ignores_others:
        raise FieldError((other,), f"unknown, expected one of {', '.join(form.paths)}")
    return found_in(row, form)


def _find(text: str, at: int, path: Path) -> int:
    """Where the value at `path` begins in the object that begins at `at`; the deepest that is there."""
    for step in path:
        found = re.compile(rf"{re.escape(json.dumps(step))}\s*:\s*").search(text, at)
        at = found.end() if found else at
    return at


def _place(text: str, at: int) -> Place:
    return text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)


def _end(pattern: re.Pattern[str], text: str, at: int) -> int:
    found = pattern.match(text, at)
    return found.end() if found else at
