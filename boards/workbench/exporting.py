"""A new node's identity in a file for its network's side: ours, ChirpStack's or The Things Stack's."""

import os
from pathlib import Path
from typing import Any

from boards.workbench import WorkbenchError
from boards.workbench.provisioning import Identity
from codec.desk import device_files
from codec.desk.device_files import json_file
from codec.desk.device_files.entry import Entry
from codec.desk.device_files.networks import JSON_FORMS, found_in, to_row
from codec.wire import WireError

Row = dict[str, Any]


def exported(path: Path, kind: str) -> list[str]:
    """The DevEUIs in an export; none when it is not there yet."""
    return [_dev_eui(row, kind) for row in _rows(path, kind)]


def export(path: Path, kind: str, identity: Identity, name: str, region: str) -> None:
    """Add to a file that only its owner can read. A row of the same DevEUI is replaced, others stay."""
    rows = [row for row in _rows(path, kind) if _dev_eui(row, kind) != identity.dev_eui]
    entry = Entry(identity.dev_eui, name, join_eui=identity.join_eui, app_key=identity.app_key.hex())
    rows.append(to_row(entry, JSON_FORMS[kind], region))
    beside = path.with_name(path.name + ".new")
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(device_files.join_rows(rows, kind))
    beside.replace(path)


def _rows(path: Path, kind: str) -> list[Row]:
    """Errors never quote the text: it holds keys."""
    if kind not in device_files.KINDS:
        raise WorkbenchError(f"--format {kind}: there are {', '.join(device_files.KINDS)}")
    if not path.exists():
        return []
    try:
        rows = [row for _, row in json_file.objects(path.read_text(encoding="utf-8"))]
    except (OSError, UnicodeDecodeError, WireError):
        rows = []
    if not rows or not all(_dev_eui(row, kind) for row in rows):
        raise WorkbenchError(f"{path} is no export in the format {kind}: name another file")
    return rows


def _dev_eui(row: Row, kind: str) -> str:
    """Empty where there is none."""
    return str(found_in(row, JSON_FORMS[kind]).get("dev_eui", "")).lower()
