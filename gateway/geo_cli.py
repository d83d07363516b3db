"""The commands on base maps."""

import json
from pathlib import Path
from typing import Annotated

import typer

from gateway import geo
from gateway.console import AsJson, refusing, tell

app = typer.Typer(no_args_is_help=True, help="The base map of the pages.")


@app.callback()
def _group() -> None:
    """One command so far, but a group."""


@app.command(
    name="import", epilog="Example: messfunk geo import vg250_gem.geojson --ags 06631 --to map.geojson"
)
def import_map(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="GeoJSON in degrees (WGS 84).")],
    to: Annotated[Path, typer.Option(metavar="FILE", help="What [page] map_file will name.")] = Path(
        "map.geojson"
    ),
    ags: Annotated[str | None, typer.Option(help="Only communes whose official key begins so.")] = None,
    tolerance_m: Annotated[float, typer.Option(min=0, help="How far a simplified line may lie off.")] = 20.0,
    as_json: AsJson = False,
) -> None:
    """Make the base map of lines and areas, small enough for a phone."""
    with refusing():
        try:
            document = json.loads(file.read_text("utf-8"))
        except OSError as error:
            raise geo.GeoError(f"{file}: {error.strerror}") from None
        except ValueError as error:
            raise geo.GeoError(f"{file}: not JSON: {error}") from None
        made = geo.imported(document, ags, tolerance_m)
        text = json.dumps(made, ensure_ascii=False, separators=(",", ":"))
        to.write_text(text, encoding="utf-8")
    count, size = len(made["features"]), len(text.encode())
    lines = f"{to}: {count} features, {size / 1024:.0f} KiB. Name it as map_file in [page]."
    tell({"map": str(to), "features": count, "bytes": size}, as_json, lines)
