"""Says everything a node can of itself: a line [name, whether it went well, value] for each finding.

What fails says why and stops nothing but what needs it. GIVEN["sweep"] are the data rates to ask a way over.
"""

import gc
import json
import sys

_LINK_CHECK = 0x02  # its CID (TS001-1.0.4 5.1)
_REPORT = 1  # FPort
_PATIENCE_MS = 20000  # for airtime; somebody stands there and waits
_TEST = 223  # an FPort on which nothing of ours is sent

for _path in ("/lib", ""):
    if _path not in sys.path:
        sys.path.append(_path)


def tell(name: str, do: "Callable[..., Any]", *given: object) -> "Any":
    """What `do` returns, or None when it raised."""
    try:
        value = do(*given)
    except Exception as error:
        print(json.dumps([name, False, in_words(error)]))
        return None
    print(json.dumps([name, True, value]))
    return value


def in_words(error: Exception) -> str:
    """The text alone where somebody wrote one; else what it was too."""
    text = str(error)
    return (
        text
        if isinstance(error, (OSError, ValueError)) and " " in text
        else f"{type(error).__name__}: {text}"
    )


def read_config() -> "dict[str, Any]":
    from firmware import config

    given, wrong = config.read(read_json("config.json"))
    if wrong:
        raise ValueError("; ".join(wrong))
    return given


def read_identity() -> "tuple[bytes, bytes, bytes]":
    from firmware import config

    try:
        secrets = read_json("secrets.json")
    except OSError:
        raise ValueError("it has none: messfunk node provision")
    return config.check_secrets(secrets)


def read_sensor(row: "dict[str, Any]") -> "dict[str, int | str]":
    from firmware import sensors

    return run(sensors.create(row, here, here.clock()).read())


def memory() -> int:
    gc.collect()
    return gc.mem_free()


def read_json(name: str) -> "dict[str, Any]":
    with open(name) as file:
        return json.load(file)


def open_link() -> "Any":
    from firmware import main as firmware_main

    return firmware_main.open_link(here, settings, read_json)


def join(link: "Any") -> str:
    """Anew: the check is to show that the gateway knows this node, not that it once did."""
    if not run(link.join()):
        raise OSError("no join-accept came: is the node registered, and a gateway in reach?")
    return "joined"


def survey(data_rate: int, payload: bytes) -> "dict[str, int]":
    """What was measured goes out as a report, with a question after the margin.

    In the field no node chooses its data rate for a test: the session is given another one for this frame.
    """
    usual = choose(data_rate)
    try:
        link = open_link()
        link.mac.set_adr(False)
        link.mac.ask(_LINK_CHECK)
        wait_ms = link.wait_ms(size=len(payload))
        if wait_ms > _PATIENCE_MS:
            raise OSError("not asked: " + "; ".join(link.why()))
        run(here.clock().sleep_ms(wait_ms))
        run(link.send(_REPORT, payload))
    finally:
        choose(usual)
    return told(link.mac.link_check())


def choose(data_rate: int) -> int:
    """Of the session in the stores; returns what was in force."""
    from firmware import session

    found = session.load(here.flash(), here.rtc())
    was = found.data_rate
    found.data_rate = data_rate
    found.save(here.flash(), here.rtc())
    return was


def survey_by_modem(link: "Any") -> "dict[str, int]":
    """A modem has a MAC of its own, and chooses the data rate."""
    return told(run(link.link_check(_TEST)))


def told(found: "tuple[int, int] | None") -> "dict[str, int]":
    if found is None:
        raise OSError("no answer")
    return {"margin_db": found[0], "gateways": found[1]}


def main() -> None:
    from codec import report

    values = {}
    for row in settings["sensors"]:
        values.update(tell(f"sensor {row['part']}", read_sensor, row) or {})
    battery = tell("battery", here.battery)
    if battery is not None:
        values["battery"] = battery
    link = tell_link() if GIVEN["radio"] and has_identity else None
    if link is None or tell("join", join, link) is None:
        return
    payload = report.encode(values)
    if here.LINK == "rui3":
        tell("report", run, link.send(_REPORT, payload))
        tell("link modem", survey_by_modem, link)
        return
    for data_rate in GIVEN["sweep"]:
        tell(f"link DR{data_rate}", survey, data_rate, payload)


def tell_link() -> "Any":
    try:
        link = open_link()
    except Exception as error:
        print(json.dumps(["radio", False, in_words(error)]))
        return None
    print(json.dumps(["radio", True, board.RADIO["chip"]]))
    return link


def config_size() -> int:
    return len(read_config()["sensors"])


def dev_eui() -> str:
    return read_identity()[0].hex()


try:
    import board

    from firmware.hardware import Hardware
    from firmware.main import run

    here = Hardware(board)
    is_flashed = True
except Exception as error:
    print(json.dumps(["firmware", False, f"{type(error).__name__}: {error}: flash it first"]))
    is_flashed = False
if is_flashed:
    tell("memory", memory)
    has_identity = tell("identity", dev_eui) is not None
    if tell("config", config_size) is not None:
        settings = read_config()
        main()

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any
