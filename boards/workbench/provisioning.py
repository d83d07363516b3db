"""A node's identity: made on this machine, written to the node and to its network, shown nowhere."""

import json
import secrets
from collections.abc import Collection
from dataclasses import dataclass, field

from boards.workbench import WorkbenchError
from boards.workbench.port import Port
from codec.desk.label import crc16

SECRETS = "secrets.json"
_LOCAL = 0x02  # U/L bit of an EUI-64: locally administered
_GROUP = 0x01


@dataclass(frozen=True)
class Identity:
    """EUIs in lower-case hex; the key shows in no repr."""

    dev_eui: str
    join_eui: str
    app_key: bytes = field(repr=False)


@dataclass(frozen=True)
class Known:
    """What a node says of itself before it gets a new identity."""

    dev_eui: str | None
    region: str
    modem: str | None


def known(port: Port) -> Known:
    (said,) = port.ask("known")
    return Known(said["dev_eui"], said["region"], said["modem"])


def make(dev_eui: str | None, join_eui: str | None, taken: Collection[str]) -> Identity:
    """An identity with a fresh AppKey; a DevEUI that nobody gave is locally administered and not `taken`.

    `dev_eui` may be what a TR005 label says, which names the JoinEUI too.
    """
    if dev_eui and dev_eui.upper().startswith("LW:"):
        labelled, dev_eui = read_label(dev_eui)
        join_eui = join_eui or labelled
    chosen = eui(dev_eui, "DevEUI") if dev_eui else _local_eui(taken)
    if chosen in taken:
        raise WorkbenchError(f"DevEUI {chosen} is taken: give another, or none")
    return Identity(chosen, eui(join_eui, "JoinEUI") if join_eui else "0" * 16, secrets.token_bytes(16))


def read_label(text: str) -> tuple[str, str]:
    """(JoinEUI, DevEUI) of LW:D0:JoinEUI:DevEUI:ProfileID..., its checksum tried where it has one."""
    fields = text.strip().upper().split(":")
    if len(fields) < 5 or fields[:2] != ["LW", "D0"]:
        raise WorkbenchError(f"{text!r} is no LoRaWAN label: expected LW:D0:JoinEUI:DevEUI:ProfileID")
    body, _, check = text.strip().upper().rpartition(":C")
    if body and len(check) == 4 and f"{crc16(body.encode()):04X}" != check:
        raise WorkbenchError(f"{text!r}: its checksum does not fit: scan it again")
    return eui(fields[2], "JoinEUI"), eui(fields[3], "DevEUI")


def write_to_node(port: Port, identity: Identity) -> None:
    """Replaces the node's identity; the session of the old one goes, the DevNonce goes on."""
    port.ask("forget")
    values = {"dev_eui": identity.dev_eui, "join_eui": identity.join_eui, "app_key": identity.app_key.hex()}
    port.write(SECRETS, json.dumps(values).encode())


def eui(text: str, what: str) -> str:
    digits = text.replace("-", "").replace(":", "").lower()
    if len(digits) != 16 or any(digit not in "0123456789abcdef" for digit in digits):
        raise WorkbenchError(f"{what} is 16 hex digits, not {text!r}")
    return digits


def _local_eui(taken: Collection[str]) -> str:
    while True:
        raw = bytearray(secrets.token_bytes(8))
        raw[0] = (raw[0] | _LOCAL) & ~_GROUP
        if raw.hex() not in taken:
            return raw.hex()
