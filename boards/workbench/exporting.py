"""A new node's identity in a file for its network's side: ours, ChirpStack's or The Things Stack's."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from boards.workbench import WorkbenchError
from boards.workbench.provisioning import Identity

Row = dict[str, Any]

_TTS_PLANS = {
    "EU868": "EU_863_870_TTN",
    "US915": "US_902_928_FSB_2",
    "AU915": "AU_915_928_FSB_2",
    "AS923": "AS_920_923",
    "IN865": "IN_865_867",
    "KR920": "KR_920_923_TTN",
}


def _ours(identity: Identity, name: str, region: str) -> Row:
    """`messfunk device import` and `replay --keys` take it."""
    return {
        "dev_eui": identity.dev_eui,
        "name": name,
        "join_eui": identity.join_eui,
        "app_key": identity.app_key.hex(),
    }


def _chirpstack(identity: Identity, name: str, region: str) -> Row:
    """ChirpStack imports no files: these are the bodies of POST /api/devices and /api/devices/{devEui}/keys.

    A LoRaWAN 1.0 AppKey goes into the field nwkKey there. Whoever sends it fills in its two ids.
    """
    device = {"applicationId": "", "deviceProfileId": "", "name": name}
    device |= {"devEui": identity.dev_eui, "joinEui": identity.join_eui}
    return {
        "device": device,
        "deviceKeys": {"devEui": identity.dev_eui, "nwkKey": identity.app_key.hex()},
    }


def _tts(identity: Identity, name: str, region: str) -> Row:
    """An object of the JSON stream that its console and `ttn-lw-cli end-devices create` take."""
    if region not in _TTS_PLANS:
        raise WorkbenchError(
            f"The Things Stack's frequency plan for {region} is not known here: use --format"
        )
    return {
        "ids": {
            "device_id": f"eui-{identity.dev_eui}",
            "dev_eui": identity.dev_eui.upper(),
            "join_eui": identity.join_eui.upper(),
        },
        "name": name,
        "lorawan_version": "MAC_V1_0_4",
        "lorawan_phy_version": "RP002_V1_0_4",
        "frequency_plan_id": _TTS_PLANS[region],
        "supports_join": True,
        "root_keys": {"app_key": {"key": identity.app_key.hex().upper()}},
    }


def _whole(rows: list[Row]) -> str:
    return json.dumps({"devices": rows}, indent=1) + "\n"


def _stream(rows: list[Row]) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


def _devices(text: str) -> list[Row]:
    return list(json.loads(text)["devices"])


def _lines(text: str) -> list[Row]:
    return [dict(json.loads(line)) for line in text.splitlines()]


# name: (a row, the DevEUI in a row, the file's text, the rows of a text)
FORMATS: dict[
    str,
    tuple[
        Callable[[Identity, str, str], Row],
        Callable[[Row], str],
        Callable[[list[Row]], str],
        Callable[[str], list[Row]],
    ],
] = {
    "messfunk": (_ours, lambda row: str(row["dev_eui"]), _whole, _devices),
    "chirpstack": (_chirpstack, lambda row: str(row["device"]["devEui"]), _stream, _lines),
    "tts": (_tts, lambda row: str(row["ids"]["dev_eui"]).lower(), _stream, _lines),
}


def exported(path: Path, kind: str) -> list[str]:
    """The DevEUIs in an export; none when it is not there yet."""
    return [FORMATS[kind][1](row) for row in _rows(path, kind)]


def export(path: Path, kind: str, identity: Identity, name: str, region: str) -> None:
    """Add to a file that only its owner can read; a row of the same DevEUI is replaced."""
    make_row, dev_eui, text, _ = FORMATS[kind]
    rows = [row for row in _rows(path, kind) if dev_eui(row) != identity.dev_eui]
    rows.append(make_row(identity, name, region))
    beside = path.with_name(path.name + ".new")
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text(rows))
    beside.replace(path)


def _rows(path: Path, kind: str) -> list[Row]:
    """Errors never quote the text: it holds keys."""
    if kind not in FORMATS:
        raise WorkbenchError(f"--format {kind}: there are {', '.join(FORMATS)}")
    if not path.exists():
        return []
    try:
        rows = FORMATS[kind][3](path.read_text(encoding="utf-8"))
        for row in rows:
            FORMATS[kind][1](row)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        raise WorkbenchError(f"{path} is no export in the format {kind}: name another file") from None
    return rows
