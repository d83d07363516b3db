"""provision and check: a node gets its identity, and shows that it works."""

import json
import os
from pathlib import Path
from typing import Annotated, Any

import typer

from boards.workbench import WorkbenchError, checking, exporting, provisioning, record
from boards.workbench.console import AsJson, PortPath, say, tell, told
from boards.workbench.port import only_port, opened
from boards.workbench.registry import Registry
from codec.desk import device_files, label

_FROM_MODEM = "module"

Latitude = Annotated[float | None, typer.Option(min=-90, max=90, help="Degrees north.")]
Longitude = Annotated[float | None, typer.Option(min=-180, max=180, help="Degrees east.")]
MountMm = Annotated[int | None, typer.Option(help="Height of the sensor over the gauge zero.")]


def provision(
    gateway: Annotated[
        str | None,
        typer.Option(metavar="URL", help="Register it there: https://, or http:// on this machine."),
    ] = None,
    export: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Or for another network's import; made 0600.")
    ] = None,
    kind: Annotated[
        str, typer.Option("--format", help=f"Of the export: {', '.join(device_files.KINDS)}.")
    ] = "messfunk",
    port: PortPath = None,
    dev_eui: Annotated[
        str | None,
        typer.Option(
            metavar="EUI|LABEL|module",
            help="16 digits, a label's text, or `module` asks a modem; else its own, or a new one.",
        ),
    ] = None,
    join_eui: Annotated[str | None, typer.Option(metavar="EUI", help="Zero unless given.")] = None,
    name: Annotated[str | None, typer.Option(help="For people; the DevEUI unless given.")] = None,
    lat: Latitude = None,
    lon: Longitude = None,
    mount_mm: MountMm = None,
    qr: Annotated[
        Path | None, typer.Option("--label", metavar="F.svg", help="TR005 code, as .png or .svg.")
    ] = None,
    profile: Annotated[
        str, typer.Option(metavar="ID", help="Vendor and profile id, 8 hex digits.")
    ] = label.UNLISTED_PROFILE,
    token_file: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The gateway's token; else MESSFUNK_TOKEN has it.")
    ] = None,
    ca: Annotated[
        Path | None,
        typer.Option(metavar="FILE", exists=True, help="Certificate that the gateway's is signed by."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Give a node its identity. The key goes to the node and to its network, and is shown nowhere."""
    with told():
        if (gateway is None) == (export is None):
            raise WorkbenchError("--gateway URL registers the node, --export FILE writes it down: give one")
        taken = exporting.exported(export, kind) if export else []
        site = {"lat": lat, "lon": lon, "mount_mm": mount_mm}
        path = only_port(port)
        if gateway:
            with Registry(gateway, _token(token_file), ca) as registry, opened(path, say) as node:
                had = provisioning.known(node)
                identity = _identity(dev_eui, join_eui, had, ())
                there = registry.device(identity.dev_eui)
                if there and identity.dev_eui != had.dev_eui:
                    raise WorkbenchError(
                        f"DevEUI {identity.dev_eui} is taken by {there['name']}: give another"
                    )
                provisioning.write_to_node(node, identity)
                given = {key: value for key, value in site.items() if value is not None}
                registry.register(identity, name or identity.dev_eui, given, there is not None)
        elif export:
            with opened(path, say) as node:
                had = provisioning.known(node)
                identity = _identity(dev_eui, join_eui, had, [one for one in taken if one != had.dev_eui])
                exporting.export(export, kind, identity, name or identity.dev_eui, had.region)
                provisioning.write_to_node(node, identity)
        text = label.tr005(identity.dev_eui, identity.join_eui, profile)
        if qr:
            label.write(qr, text)
        where = str(gateway or export)
        document = {
            "dev_eui": identity.dev_eui, "join_eui": identity.join_eui, "network": where, "label": text
        }  # fmt: skip
        tell(document, as_json, f"DevEUI  {identity.dev_eui}\nlabel   {text}\nnetwork {where}")


def _identity(
    dev_eui: str | None, join_eui: str | None, had: provisioning.Known, taken: list[str] | tuple[str, ...]
) -> provisioning.Identity:
    """A modem has its own DevEUI; any other node keeps the one it has unless it is given another."""
    if dev_eui == _FROM_MODEM and not had.modem:
        raise WorkbenchError("no modem answers AT+DEVEUI: flash the node first, and check the modem's wiring")
    wanted = had.modem if dev_eui in (_FROM_MODEM, None) and had.modem else dev_eui or had.dev_eui
    return provisioning.make(wanted, join_eui, taken)


def _token(file: Path | None) -> str | None:
    if file is None:
        return os.environ.get("MESSFUNK_TOKEN")
    try:
        return file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise WorkbenchError(f"--token-file {file}: {type(error).__name__}") from None


def check(
    port: PortPath = None,
    report: Annotated[
        Path | None, typer.Option("--record", metavar="FILE", help="Commissioning record, .json or .html.")
    ] = None,
    radio: Annotated[bool, typer.Option(help="Join, and ask for the margin at three data rates.")] = True,
    name: Annotated[str | None, typer.Option(help="Of the place.")] = None,
    lat: Latitude = None,
    lon: Longitude = None,
    mount_mm: MountMm = None,
    photo: Annotated[str | None, typer.Option(help="File name of the photo.")] = None,
    as_json: AsJson = False,
) -> None:
    """Try everything of a node before leaving it; what it measures goes out on its way to the page."""
    with told():
        if report and report.suffix not in (".json", ".html"):
            raise WorkbenchError(f"--record {report}: a record is a .json or an .html")
        site: dict[str, Any] = {"name": name, "lat": lat, "lon": lon, "mount_mm": mount_mm, "photo": photo}
        with opened(only_port(port), say) as node:
            found = checking.check(node, {key: each for key, each in site.items() if each is not None}, radio)
        if report:
            as_page = report.suffix == ".html"
            text = record.page(found) if as_page else json.dumps(found.as_dict(), indent=1) + "\n"
            report.write_text(text, encoding="utf-8")
        lines = [
            f"{record.mark(one):3} {one.name:18} {record.said(one.name, one.value)}" for one in found.findings
        ]
        tell(found.as_dict(), as_json, "\n".join(lines))
        if not found.good:
            raise typer.Exit(1)
