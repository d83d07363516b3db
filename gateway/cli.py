"""The gateway's commands: gateway, config, device; outbox and payloads have files of their own."""

import asyncio
import gc
import os
import signal
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from gateway import (
    access_cli,
    backup_cli,
    devices,
    doctor_cli,
    geo_cli,
    listing_cli,
    logs,
    outbox_cli,
    payload_cli,
    redecode_cli,
    site_cli,
)
from gateway.alarms import cli as alarms_cli
from gateway.app import App
from gateway.clock import WallClock
from gateway.config import Config, SourceConfig, load, to_toml
from gateway.console import (
    CONFIG,
    AsJson,
    ConfigOption,
    DbOption,
    DevEui,
    commanding,
    fail,
    opened,
    refuse,
    refusing,
    tell,
    worded,
)
from gateway.model import Device, GatewayError
from gateway.network import cli as downlink_cli
from gateway.network import strangers
from gateway.service.notify import Service
from gateway.store import queries, sites
from gateway.store.ledger import Store
from gateway.web import shapes
from gateway.why import cli as why_cli
from gateway.words import said

app = typer.Typer()
config_app = typer.Typer(no_args_is_help=True, help="The gateway's configuration file.")
device_app = typer.Typer(no_args_is_help=True, help="The nodes that the gateway knows.")
app.add_typer(config_app, name="config")
app.add_typer(device_app, name="device")
app.add_typer(outbox_cli.app, name="outbox")
app.add_typer(backup_cli.app, name="backup")
app.add_typer(geo_cli.app, name="geo")
app.add_typer(access_cli.app, name="token")
app.add_typer(alarms_cli.alarm, name="alarm")
app.add_typer(alarms_cli.mark, name="mark")
app.add_typer(alarms_cli.notification, name="notification")
app.add_typer(downlink_cli.app, name="downlink")
app.add_typer(site_cli.app, name="site")
app.add_typer(payload_cli.app)
app.add_typer(doctor_cli.app)
app.add_typer(why_cli.app)
app.add_typer(redecode_cli.app)


_IMPORT = "Example: messfunk device import devices.csv --dry-run"
_EXPORT = "Example: messfunk device export devices.json --format tts --keys"
device_app.command(name="import", epilog=_IMPORT)(listing_cli.import_devices)
device_app.command(name="export", epilog=_EXPORT)(listing_cli.export_devices)
device_app.command(epilog="Example: messfunk device group 70b3d57ed0000001 --to Nord")(listing_cli.group)
device_app.command()(listing_cli.groups)
device_app.command(epilog="Example: messfunk device qr 70b3d57ed0000001 --label aue.svg")(listing_cli.qr)

_GUIDES = Path(__file__).parent / "guides"
_GARBAGE = 20_000  # new objects that may be some
_EXAMPLES = ("single-box", "behind-lns", "bridges")
ConfigFile = Annotated[Path, typer.Argument(metavar="FILE")]


@app.command(epilog="Example: messfunk gateway --config messfunk.toml")
def gateway(
    config: Annotated[Path, typer.Option(metavar="FILE", help="From `messfunk config init`.")] = CONFIG,
    as_json: AsJson = False,
) -> None:
    """Receive, store and show what the nodes send, until Ctrl-C."""
    with refusing():
        loaded = load(config)
        logs.configure(loaded.log, sys.stderr)
        asyncio.run(_serve(loaded, as_json))


@config_app.command()
def init(file: ConfigFile = CONFIG, as_json: AsJson = False) -> None:
    """Write a first configuration, each key explained."""
    with refusing():
        try:
            with file.open("x", encoding="utf-8") as new:
                new.write(to_toml(Config(), commented=True))
        except FileExistsError:
            raise GatewayError(said("refusal.exists", file=str(file))) from None
    tell({"config": str(file)}, as_json, worded("cli.editConfig", name=str(file)))


@config_app.command(epilog="Example: messfunk config example single-box > messfunk.toml")
def example(
    name: Annotated[str, typer.Argument(metavar="NAME", help=f"{', '.join(_EXAMPLES)}.")],
    as_json: AsJson = False,
) -> None:
    """Print an example; its guide, in English and German, lies beside it in gateway/guides."""
    if name not in _EXAMPLES:
        refuse(said("refusal.noExample", name=name, names=", ".join(_EXAMPLES)))
    text = (_GUIDES / f"{name}.toml").read_text("utf-8")
    tell({"name": name, "toml": text, "guide": str(_GUIDES / f"{name}.md")}, as_json, text.rstrip())


@config_app.command()
def check(file: ConfigFile = CONFIG, as_json: AsJson = False) -> None:
    """Say what is wrong in a configuration, if anything is."""
    with refusing():
        kept = load(file).retention
    document = {"config": str(file), "ok": True, "retention": kept.model_dump()}
    limits = [
        worded("cli.keptDays" if days else "cli.keptEver", name=name.removesuffix("_days"), count=days)
        for name, days in kept.model_dump().items()
    ]
    tell(document, as_json, worded("cli.checked", file=str(file), kept=", ".join(limits)))


@config_app.command(name="print")
def print_config(file: ConfigFile = CONFIG, as_json: AsJson = False) -> None:
    """The configuration in force, with what it leaves to the defaults."""
    with refusing():
        config = load(file)
    tell(config.model_dump(mode="json"), as_json, to_toml(config).rstrip())


@device_app.command(epilog="Example: messfunk device add 70b3d57ed0000001 --keys-file aue.json --name Aue")
def add(
    dev_eui: DevEui,
    keys_file: Annotated[
        str | None,
        typer.Option(metavar="FILE|-", help="JSON with join_eui, app_key or the keys of an ABP session."),
    ] = None,
    lns: Annotated[bool, typer.Option("--lns", help="Its keys are at an LNS, not here.")] = False,
    name: Annotated[str | None, typer.Option(help="For people; the DevEUI unless given.")] = None,
    group: Annotated[str | None, typer.Option(help="Such as a district or a project.")] = None,
    lat: Annotated[float | None, typer.Option(min=-90, max=90, help="Degrees north.")] = None,
    lon: Annotated[float | None, typer.Option(min=-180, max=180, help="Degrees east.")] = None,
    mount_mm: Annotated[int | None, typer.Option(help="Height of the sensor over the gauge zero.")] = None,
    config: ConfigOption = None,
    db: DbOption = None,
    as_json: AsJson = False,
) -> None:
    """Register a node. Its keys come from a file or standard input, never as an argument."""
    if (keys_file is None) != lns:
        refuse(said("refusal.keysOrLns"))
    wanted: dict[str, Any] = {"dev_eui": dev_eui, "name": name, "group": group}
    wanted |= {"lat": lat, "lon": lon, "mount_mm": mount_mm}
    wanted["keys"] = _read_keys(keys_file) if keys_file else None
    with refusing():
        with commanding(config, db, create=True) as run:
            run("device.add", wanted)
        device = _described(config, db, dev_eui)
    tell({"device": device}, as_json, worded("cli.registered", name=dev_eui, kind=device["activation"]))


@device_app.command(name="list")
def list_devices(
    group: Annotated[str | None, typer.Option(help="Those of one group.")] = None,
    config: ConfigOption = None,
    db: DbOption = None,
    as_json: AsJson = False,
) -> None:
    """All nodes."""
    with refusing(), opened(config, db) as store:
        known = [_describe(store, device) for device in store.devices() if group in (None, device.group_name)]
    lines = [
        f"{device['dev_eui']}  {device['activation']}  {device['dev_addr'] or '-':8}  "
        f"{device['last_seen'] or worded('nodes.never'):24}  {device['name']}"
        for device in known
    ]
    tell({"devices": known}, as_json, "\n".join(lines) or worded("cli.noDevice"))


@device_app.command()
def unknown(config: ConfigOption = None, db: DbOption = None, as_json: AsJson = False) -> None:
    """Who asked to join within 24 hours and is not registered with these EUIs."""
    with refusing(), opened(config, db) as store:
        found = strangers.told(store.connection, WallClock().now_ms())
    lines = [
        worded(
            "cli.stranger",
            name=each["dev_eui"],
            join=each["join_eui"],
            moment=shapes.instant(each["last_at"]),
            count=each["requests"],
            gateway=each["gateway_id"],
        )
        for each in found
    ]
    tell({"unknown": found}, as_json, "\n".join(lines) or worded("cli.none"))


@device_app.command()
def show(dev_eui: DevEui, config: ConfigOption = None, db: DbOption = None, as_json: AsJson = False) -> None:
    """One node: what is known of it and its newest values. Never its keys."""
    with refusing():
        device = _described(config, db, dev_eui)
    lines = [
        f"{worded(f'device.{key}')}: {'-' if value is None else value}"
        for key, value in device.items()
        if key != "last"
    ]
    lines += [f"{_value(reading)}  {reading['time']}" for reading in device["last"]]
    tell({"device": device}, as_json, "\n".join(lines))


@device_app.command()
def remove(
    dev_eui: DevEui,
    purge: Annotated[
        bool, typer.Option("--purge", help="Delete its history too; its EUI is to be typed.")
    ] = False,
    config: ConfigOption = None,
    db: DbOption = None,
    as_json: AsJson = False,
) -> None:
    """Serve a node no more and forget its keys. Its history stays, and `device add` takes it up again."""
    if purge and typer.prompt("Its history goes for good. Type the DevEUI", err=True).lower() != dev_eui:
        fail(said("refusal.otherEui"))
    with refusing(), commanding(config, db) as run:
        run("device.remove", {"dev_eui": dev_eui, "purge": purge})
    done = worded("cli.purged" if purge else "cli.archived", name=dev_eui)
    tell({"removed": dev_eui, "purged": purge}, as_json, done)


@device_app.command()
def reset_session(
    dev_eui: DevEui, config: ConfigOption = None, db: DbOption = None, as_json: AsJson = False
) -> None:
    """Take up a node that has lost its counters: ABP counts from 0 again, OTAA must join again."""
    with refusing(), commanding(config, db) as run:
        was_active = run("device.reset_session", {"dev_eui": dev_eui})["reset"]
    text = worded("cli.sessionReset" if was_active else "cli.noSession", name=dev_eui)
    tell({"dev_eui": dev_eui, "reset": was_active}, as_json, text)


async def _serve(config: Config, as_json: bool) -> None:
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, ended.set)
    async with App(config, WallClock()) as served:
        where = {"page": served.http_url}
        if any(isinstance(source, SourceConfig) for source in config.source):
            where["udp"] = str(served.udp_address)
        where["database"] = str(config.store.where)
        tell(where, as_json, "\n".join(f"{name}: {value}" for name, value in where.items()))
        _keep_what_is_there()
        service = Service(os.environ)
        service.say("READY=1")
        living = asyncio.create_task(service.live(served.is_well))
        await ended.wait()
        living.cancel()
        service.say("STOPPING=1")


def _keep_what_is_there() -> None:
    """What the start has made stays: to look through them for garbage took a fifth of the time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_GARBAGE, 10, 10)


def _read_keys(file: str) -> dict[str, Any]:
    """Errors never quote the text: it holds keys."""
    try:
        return devices.read_keys(sys.stdin.read() if file == "-" else Path(file).read_text("utf-8"))
    except OSError as error:
        refuse(f"{file}: {error.strerror}")
    except UnicodeDecodeError:
        refuse(said("refusal.notText", file=file))
    except devices.DeviceError as error:
        refuse(f"{'standard input' if file == '-' else file}: {error}")


def _described(config: Path | None, db: Path | None, dev_eui: str) -> dict[str, Any]:
    with opened(config, db) as store:
        return _describe(store, devices.find(store, dev_eui))


def _describe(store: Store, device: Device) -> dict[str, Any]:
    """As in the HTTP interface, with what stands only here."""
    place = sites.present(store.connection, device.dev_eui)
    told = shapes.Device.model_validate(queries.device(store.connection, device.dev_eui))
    return {
        **told.model_dump(mode="json"),
        "join_eui": device.join_eui,
        "site": place.site_id if place else None,
        "lat": place.lat if place else None,
        "lon": place.lon if place else None,
        "mount_mm": place.mount_mm if place else None,
        "created_at": shapes.instant(device.created_at),
    }


def _value(reading: dict[str, Any]) -> str:
    said = reading["fault"] or f"{reading['value']:g} {reading['unit']}"
    return f"{reading['quantity']}: {said}".rstrip()
