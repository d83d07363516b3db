"""`messfunk site`: where is measured, by which node since when, and who may see it."""

from dataclasses import asdict
from typing import Annotated, Any

import typer

from gateway.console import AsJson, ConfigOption, DbOption, commanding, opened, refusing, tell, worded
from gateway.model import NotFoundError
from gateway.store import gauge_zeros, sites
from gateway.web.asking import parse_time
from gateway.web.shapes import instant
from gateway.words import said

app = typer.Typer(no_args_is_help=True, help="Where is measured, and who may see it.")

SiteId = Annotated[str, typer.Argument(metavar="SITE", help="Its id: a-z, 0-9 and -.")]
Lat = Annotated[float | None, typer.Option(help="Degrees north.")]
Lon = Annotated[float | None, typer.Option(help="Degrees east.")]


def _time(text: str) -> int:
    try:
        return parse_time(text)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


@app.command(epilog='Example: messfunk site add "Aue, Brücke" --lat 50.55 --lon 9.68')
def add(
    name: Annotated[str, typer.Argument(metavar="NAME", help="For people.")],
    site_id: Annotated[str | None, typer.Option("--id", help="Made of the name unless given.")] = None,
    lat: Lat = None,
    lon: Lon = None,
    gauge_zero_mm: Annotated[int | None, typer.Option(help="Gauge zero over NHN.")] = None,
    water: Annotated[str | None, typer.Option(help="The water's name.")] = None,
    config: ConfigOption = None,
    db: DbOption = None,
    as_json: AsJson = False,
) -> None:
    """Add a site. Nobody sees it without a token until it is published."""
    wanted = {"name": name, "site_id": site_id, "lat": lat, "lon": lon, "water": water}
    with refusing(), commanding(config, db, create=True) as run:
        made = run("site.add", {**wanted, "gauge_zero_mm": gauge_zero_mm})
    tell({"site": made}, as_json, worded("cli.siteAdded", site=made["id"]))


@app.command(name="list")
def list_sites(config: ConfigOption = None, db: DbOption = None, as_json: AsJson = False) -> None:
    """All sites."""
    with refusing(), opened(config, db) as store:
        known = [asdict(each) for each in sites.sites(store.connection)]
    lines = [f"{each['id']:24}  {_visible(each):16}  {each['name']}" for each in known]
    tell({"sites": known}, as_json, "\n".join(lines) or worded("cli.noSite"))


@app.command()
def show(site: SiteId, config: ConfigOption = None, db: DbOption = None, as_json: AsJson = False) -> None:
    """One site, and which nodes measured there from when to when."""
    with refusing(), opened(config, db) as store:
        found = sites.site(store.connection, site)
        if found is None:
            raise NotFoundError(said("refusal.noSite", name=site))
        told = asdict(found)
        there = [asdict(each) for each in sites.installed_at(store.connection, site)]
        zeros = [each._asdict() for each in gauge_zeros.of_site(store.connection, site)]
    shown = {**told, "published": _visible(told), "created_at": instant(found.created_at)}
    lines = [
        f"{worded(f'cli.site.{key}')}: {'-' if value is None else value}"
        for key, value in shown.items()
        if key != "blur_m"
    ]
    lines += [
        worded("cli.zeroSet", site=site, zero=str(each["over_nhn_mm"]), moment=instant(each["from_ms"]))
        for each in zeros
    ]
    lines += [f"{each['dev_eui']}  {_span(each)}  {_height(each)}" for each in there]
    tell({"site": told, "gauge_zeros": zeros, "installations": there}, as_json, "\n".join(lines))


@app.command()
def publish(
    site: SiteId,
    hide: Annotated[bool, typer.Option("--hide", help="Make it private again.")] = False,
    blur: Annotated[bool, typer.Option("--blur", help="Show its position to 100 m only.")] = False,
    config: ConfigOption = None,
    db: DbOption = None,
    as_json: AsJson = False,
) -> None:
    """Let anybody see a site and its values."""
    with refusing(), commanding(config, db) as run:
        told = run("site.publish", {"site_id": site, "published": not hide, "blur_m": 100 if blur else 0})
    tell({"site": told}, as_json, f"{site}: {_visible(told)}")


@app.command(epilog="Example: messfunk site install aue-bruecke 70b3d57ed0000001 --mount-mm 4200")
def install(
    site: SiteId,
    dev_eui: Annotated[str, typer.Argument(metavar="DEV_EUI")],
    since: Annotated[
        int | None, typer.Option("--from", parser=_time, metavar="TIME", help="Now unless given.")
    ] = None,
    mount_mm: Annotated[int | None, typer.Option(help="Height of the sensor over the gauge zero.")] = None,
    config: ConfigOption = None,
    db: DbOption = None,
    as_json: AsJson = False,
) -> None:
    """From now or then on a node measures there: a new one, or the same at another height."""
    wanted = {"site_id": site, "dev_eui": dev_eui, "from_ms": since, "mount_mm": mount_mm}
    with refusing(), commanding(config, db) as run:
        told = run("site.install", wanted)
    tell(
        {"installation": told},
        as_json,
        worded("cli.installed", name=dev_eui, site=site, moment=instant(told["from_ms"])),
    )


@app.command(epilog="Example: messfunk site zero aue-bruecke 271300 --from 2026-05-01T00:00:00Z")
def zero(
    site: SiteId,
    over_nhn_mm: Annotated[int, typer.Argument(metavar="MM", help="Gauge zero over NHN.")],
    since: Annotated[
        int | None, typer.Option("--from", parser=_time, metavar="TIME", help="Now unless given.")
    ] = None,
    moved: Annotated[
        bool, typer.Option("--moved", help="The gauge was, its sensors stayed: correct their heights.")
    ] = False,
    config: ConfigOption = None,
    db: DbOption = None,
    as_json: AsJson = False,
) -> None:
    """From now or then on the gauge zero lies at another height: a new survey, or it was moved."""
    wanted = {"site_id": site, "over_nhn_mm": over_nhn_mm, "from_ms": since, "moved": moved}
    with refusing(), commanding(config, db) as run:
        told = run("site.gauge_zero", wanted)
    lines = [worded("cli.zeroSet", site=site, zero=str(over_nhn_mm), moment=instant(told["from_ms"]))]
    lines += [worded("cli.lifted", name=dev_eui) for dev_eui in told["lifted"]]
    tell({"gauge_zero": told}, as_json, "\n".join(lines))


@app.command()
def remove(site: SiteId, config: ConfigOption = None, db: DbOption = None, as_json: AsJson = False) -> None:
    """Forget a site. Its nodes and what they measured stay."""
    with refusing(), commanding(config, db) as run:
        run("site.remove", {"site_id": site})
    tell({"removed": site}, as_json, worded("cli.removed", name=site))


def _visible(site: dict[str, Any]) -> str:
    if not site["published"]:
        return worded("cli.private")
    return worded("cli.blurred" if site["blur_m"] else "cli.public")


def _span(there: dict[str, Any]) -> str:
    return worded(
        "cli.span",
        begin=instant(there["from_ms"]) if there["from_ms"] else worded("cli.ever"),
        end=worded("cli.now") if there["to_ms"] is None else instant(there["to_ms"]),
    )


def _height(there: dict[str, Any]) -> str:
    if there["mount_mm"] is None:
        return worded("cli.unmounted")
    return worded("cli.mounted", mount=str(there["mount_mm"]))
