"""check: a node shows that it works, before somebody leaves it."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from boards.workbench import WorkbenchError, checking, record
from boards.workbench.console import AsJson, Latitude, Longitude, MountMm, PortPath, say, tell, told
from boards.workbench.port import only_port, opened


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
