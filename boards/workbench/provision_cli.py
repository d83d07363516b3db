"""provision: a node gets its identity, and its network gets to know it."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from boards.workbench import WorkbenchError, exporting, provisioning
from boards.workbench.console import AsJson, Latitude, Longitude, MountMm, PortPath, say, tell, told
from boards.workbench.port import only_port, opened
from boards.workbench.registry import Registry
from codec.desk import device_files, label

_FROM_MODEM = "module"

GatewayUrl = Annotated[
    str | None, typer.Option(metavar="URL", help="Register it there: https://, or http:// on this machine.")
]
ExportFile = Annotated[
    Path | None, typer.Option(metavar="FILE", help="Or for another network's import; made 0600.")
]
Format = Annotated[str, typer.Option("--format", help=f"Of the export: {', '.join(device_files.KINDS)}.")]
DevEui = Annotated[
    str | None,
    typer.Option(
        metavar="EUI|LABEL|module",
        help="16 digits, a label's text, or `module` asks a modem; else its own, or a new one.",
    ),
]
JoinEui = Annotated[str | None, typer.Option(metavar="EUI", help="Zero unless given.")]
LabelFile = Annotated[
    Path | None, typer.Option("--label", metavar="F.svg", help="TR005 code, as .png or .svg.")
]
Profile = Annotated[str, typer.Option(metavar="ID", help="Vendor and profile id, 8 hex digits.")]
TokenFile = Annotated[
    Path | None, typer.Option(metavar="FILE", help="The gateway's token; else MESSFUNK_TOKEN has it.")
]
Authority = Annotated[
    Path | None,
    typer.Option(metavar="FILE", exists=True, help="Certificate that the gateway's is signed by."),
]


@dataclass(frozen=True)
class Wish:
    """What the technician asked for; what is None is the node's or the workbench's to choose."""

    dev_eui: str | None
    join_eui: str | None
    name: str | None
    site: dict[str, float | int]


def provision(
    gateway: GatewayUrl = None,
    export: ExportFile = None,
    kind: Format = "messfunk",
    port: PortPath = None,
    dev_eui: DevEui = None,
    join_eui: JoinEui = None,
    name: Annotated[str | None, typer.Option(help="For people; the DevEUI unless given.")] = None,
    lat: Latitude = None,
    lon: Longitude = None,
    mount_mm: MountMm = None,
    qr: LabelFile = None,
    profile: Profile = label.UNLISTED_PROFILE,
    token_file: TokenFile = None,
    ca: Authority = None,
    as_json: AsJson = False,
) -> None:
    """Give a node its identity. The key goes to the node and to its network, and is shown nowhere."""
    with told():
        site = {"lat": lat, "lon": lon, "mount_mm": mount_mm}
        wish = Wish(dev_eui, join_eui, name, {key: one for key, one in site.items() if one is not None})
        if gateway and not export:
            with Registry(gateway, _token(token_file), ca) as registry:
                identity = _by_gateway(registry, only_port(port), wish)
        elif export and not gateway:
            identity = _by_export(export, kind, only_port(port), wish)
        else:
            raise WorkbenchError("--gateway URL registers the node, --export FILE writes it down: give one")
        text = label.tr005(identity.dev_eui, identity.join_eui, profile)
        if qr:
            label.write(qr, text)
        where = str(gateway or export)
        document = {
            "dev_eui": identity.dev_eui, "join_eui": identity.join_eui, "network": where, "label": text
        }  # fmt: skip
        tell(document, as_json, f"DevEUI  {identity.dev_eui}\nlabel   {text}\nnetwork {where}")


def _by_gateway(registry: Registry, path: str, wish: Wish) -> provisioning.Identity:
    """To the node first: a cut in between is mended by repeating."""
    with opened(path, say) as node:
        had = provisioning.known(node)
        identity = _identity(wish, had, ())
        there = registry.device(identity.dev_eui)
        if there and identity.dev_eui != had.dev_eui:
            raise WorkbenchError(f"DevEUI {identity.dev_eui} is taken by {there['name']}: give another")
        provisioning.write_to_node(node, identity)
        registry.register(identity, wish.name or identity.dev_eui, wish.site, there is not None)
    return identity


def _by_export(file: Path, kind: str, path: str, wish: Wish) -> provisioning.Identity:
    taken = exporting.exported(file, kind)
    with opened(path, say) as node:
        had = provisioning.known(node)
        identity = _identity(wish, had, [one for one in taken if one != had.dev_eui])
        exporting.export(file, kind, identity, wish.name or identity.dev_eui, had.region)
        provisioning.write_to_node(node, identity)
    return identity


def _identity(
    wish: Wish, had: provisioning.Known, taken: list[str] | tuple[str, ...]
) -> provisioning.Identity:
    """A modem has its own DevEUI; any other node keeps the one it has unless it is given another."""
    wants_modem = wish.dev_eui == _FROM_MODEM
    if wants_modem and not had.modem:
        raise WorkbenchError("no modem answers AT+DEVEUI: flash the node first, and check the modem's wiring")
    asked = None if wants_modem else wish.dev_eui
    return provisioning.make(
        had.modem if not asked and had.modem else asked or had.dev_eui, wish.join_eui, taken
    )


def _token(file: Path | None) -> str | None:
    if file is None:
        return os.environ.get("MESSFUNK_TOKEN")
    try:
        return file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise WorkbenchError(f"--token-file {file}: {type(error).__name__}") from None
