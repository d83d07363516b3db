"""A node's identity: made on this machine, written to the node and to one export, nowhere else."""

import json
import os
import secrets
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path

from boards.workbench import WorkbenchError
from boards.workbench.port import Port

SECRETS = "secrets.json"
_LOCAL = 0x02  # U/L bit of an EUI-64: locally administered
_GROUP = 0x01


@dataclass(frozen=True)
class Identity:
    """EUIs in lower-case hex; the key shows in no repr."""

    dev_eui: str
    join_eui: str
    app_key: bytes = field(repr=False)


def make(dev_eui: str | None, join_eui: str | None, taken: Collection[str]) -> Identity:
    """An identity with a fresh AppKey; a DevEUI that nobody gave is locally administered and unique."""
    chosen = _eui(dev_eui, "DevEUI") if dev_eui else _local_eui(taken)
    if chosen in taken:
        raise WorkbenchError(f"DevEUI {chosen} is taken: give another, or none")
    return Identity(chosen, _eui(join_eui, "JoinEUI") if join_eui else "0" * 16, secrets.token_bytes(16))


def write_to_node(port: Port, identity: Identity) -> None:
    """Replaces the node's identity; its nonces and session belong to the old one and go."""
    values = {"dev_eui": identity.dev_eui, "join_eui": identity.join_eui, "app_key": identity.app_key.hex()}
    port.write(SECRETS, json.dumps(values).encode())


def exported(path: Path) -> list[str]:
    """The DevEUIs in an export; none when it is not there yet."""
    if not path.exists():
        return []
    try:
        return [row["dev_eui"] for row in json.loads(path.read_text())["devices"]]
    except (ValueError, KeyError, TypeError):
        raise WorkbenchError(f"{path} is no export of messfunk: name another file") from None


def export(path: Path, identity: Identity, name: str) -> None:
    """Append to a file that only its owner can read; `messfunk device add --keys-file` and others take it."""
    rows = json.loads(path.read_text())["devices"] if path.exists() else []
    rows.append(
        {
            "dev_eui": identity.dev_eui,
            "name": name,
            "join_eui": identity.join_eui,
            "app_key": identity.app_key.hex(),
        }
    )
    beside = path.with_name(path.name + ".new")
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump({"devices": rows}, file, indent=1)
    beside.replace(path)


def _local_eui(taken: Collection[str]) -> str:
    while True:
        raw = bytearray(secrets.token_bytes(8))
        raw[0] = (raw[0] | _LOCAL) & ~_GROUP
        if raw.hex() not in taken:
            return raw.hex()


def _eui(text: str, what: str) -> str:
    digits = text.replace("-", "").replace(":", "").lower()
    if len(digits) != 16 or any(digit not in "0123456789abcdef" for digit in digits):
        raise WorkbenchError(f"{what} is 16 hex digits, not {text!r}")
    return digits
