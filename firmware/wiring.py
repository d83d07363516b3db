"""Which pin is whose: what a board uses for itself, and what the parts of a config want of the rest.

The workbench asks it when a node is built, a node with parts on bare pins when it starts.
"""

from firmware.sensors import module_of

# Buses on pins of the config's choice: what `pins` of a row names, in this order. Others have `port` as pin.
PINS = {"echo": ("trigger", "echo"), "i2s": ("sck", "ws", "sd")}
_PORTS = {"uart": "UARTS", "i2c": "I2CS"}
# Pins that end an ESP32's deep sleep and have a pull-up (ESP-IDF, esp_sleep_enable_ext0_wakeup).
_WAKING = {"esp32": (0, 2, 4, 12, 13, 14, 15, 25, 26, 27, 32, 33), "esp32s3": tuple(range(22))}
_WAKE_INPUT = "ext0"  # of which a chip has one
_RADIO = ("sck", "mosi", "miso", "cs", "reset", "busy", "dio0", "dio1", "tx", "rx")


def judge(rows: "list[dict[str, Any]]", board: "Any") -> "tuple[list[dict[str, Any]], list[str]]":
    """The rows that can be wired to the pins of a module of boards/, and of each other what is wrong."""
    taken = own(board)
    good, complaints = [], []
    for row in rows:
        try:
            mine = {}  # type: dict[int | str, str]
            for pin, who in wanted_by(row, board):
                holder = mine.get(pin) or taken.get(pin, who)
                if holder != who:
                    raise ValueError(f"{row['part']}: pin {pin} ({who}) is taken by {holder}")
                mine[pin] = who
        except ValueError as error:
            complaints.append(str(error))
            continue
        taken.update(mine)
        good.append(row)
    return good, complaints


def own(board: "Any") -> "dict[int | str, str]":
    """Pin -> what the board uses it for."""
    taken = {board.RADIO[name]: "the radio's " + name for name in _RADIO if name in board.RADIO}
    if "pin" in board.BATTERY:
        taken[board.BATTERY["pin"]] = "the battery's divider"
    if "enable" in board.BATTERY:
        taken[board.BATTERY["enable"][0]] = "the battery's switch"
    if "i2c" in board.BATTERY:  # which sensors may share
        port = board.BATTERY["i2c"]
        taken.update(dict.fromkeys(board.I2CS[port], f"i2c {port}"))
    if board.SENSOR_POWER:
        taken[board.SENSOR_POWER[0]] = "the sensors' supply"
    if board.BOOT_PIN is not None:
        taken[board.BOOT_PIN] = "the BOOT button"
    return taken


def wanted_by(row: "dict[str, Any]", board: "Any") -> "list[tuple[int | str, str]]":
    """(pin, whose it would be) of a row and of the part within it; who has the same owner shares the pin."""
    found = []  # type: list[tuple[int | str, str]]
    for value in row.values():
        if isinstance(value, dict):
            found += wanted_by(value, board)
    part, port, bus = row["part"], row["port"], module_of(row["part"]).BUS
    if bus in _PORTS:
        table = getattr(board, _PORTS[bus])
        if port not in table:
            raise ValueError(f"{part}: {board.NAME} has no {bus} {port}, only {sorted(table)}")
        who = f"i2c {port}" if bus == "i2c" else f"{bus} {port} of {part}"
        found += [(pin, who) for pin in table[port]]
    elif bus in PINS:
        found += _named(part, PINS[bus], row.get("pins"))
    else:
        found.append((port, part))
    if bus == "counter" and board.DEEP_SLEEP:
        found.append((_WAKE_INPUT, _waker(part, port, board)))
    if "power" in row:
        found.append((row["power"], "a switched supply"))
    return found


def _waker(part: str, port: int, board: "Any") -> str:
    """Who waits on the wake input: deep sleep would lose what another pin says."""
    able = _WAKING[board.CHIP]
    if port not in able:
        raise ValueError(f"{part}: pin {port} cannot wake {board.NAME} from deep sleep, only {able}")
    return f"{part} on {port}"


def _named(part: str, names: "tuple[str, ...]", pins: "Any") -> "list[tuple[int | str, str]]":
    fine = isinstance(pins, (list, tuple)) and len(pins) == len(names) == len(set(pins))
    if not fine or not all(isinstance(pin, int) and pin >= 0 for pin in pins):
        raise ValueError(f"{part}: pins = [{', '.join(names)}] must name {len(names)} pins, not {pins!r}")
    return [(pins[place], f"{names[place]} of {part}") for place in range(len(names))]


TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any
