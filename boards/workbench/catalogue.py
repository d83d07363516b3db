"""The boards there are, read from their device modules, and the MicroPython each of them needs."""

import importlib.util
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from boards.workbench import WorkbenchError

ROOT = Path(__file__).parent.parent.parent
MICROPYTHON = "1.27.0"

# chip: (architecture of native code, how an image gets on it, drivers of micropython-lib)
_CHIPS = {
    "esp32": ("xtensawin", "esptool --chip esp32 --port {port} write-flash 0x1000 {image}"),
    "esp32s3": ("xtensawin", "esptool --chip esp32s3 --port {port} write-flash 0x0 {image}"),
    "rp2040": ("armv6m", "hold BOOTSEL while plugging in, then copy {image} onto the drive RPI-RP2"),
}
# Pinned releases of micropython-lib's drivers, by radio.
DRIVERS = {"sx1262": ("lora-sync", "lora-sx126x"), "sx1276": ("lora-sync", "lora-sx127x"), "rui3": ()}
DRIVER_VERSIONS = {"lora-sync": "0.1.1", "lora-sx126x": "0.1.6", "lora-sx127x": "0.1.2"}


@dataclass(frozen=True)
class Board:
    """One row of the README's table; `run_on_hardware` names the date, None while nobody has."""

    name: str
    module: str
    title: str
    chip: str
    image: str
    radio: str
    architecture: str
    deep_sleep: bool
    uarts: tuple[int, ...]
    i2cs: tuple[int, ...]
    has_battery: bool
    run_on_hardware: str | None = None

    def interpreter(self, port: str, image: str) -> str:
        """What to type, or to do, for MicroPython to get on the board."""
        return _CHIPS[self.chip][1].format(port=port, image=image)

    @property
    def image_pattern(self) -> str:
        """The name of the file on micropython.org; the star stands for the date of the release."""
        return f"{self.image}-*-v{MICROPYTHON}.{'uf2' if self.chip == 'rp2040' else 'bin'}"

    @property
    def drivers(self) -> tuple[str, ...]:
        return DRIVERS[self.radio]


def boards() -> Mapping[str, Board]:
    """Name -> board, of every device module beside this folder."""
    found = [_board(path) for path in sorted((ROOT / "boards").glob("*.py")) if path.stem != "__init__"]
    return {board.name: board for board in found}


def find(name: str) -> Board:
    known = boards()
    if name not in known:
        raise WorkbenchError(f"no board is called {name!r}. There are: {', '.join(sorted(known))}")
    return known[name]


def table() -> str:
    """The README's table."""
    lines = [
        "| board | chip | radio | battery | deep sleep | run on hardware |",
        "|---|---|---|---|---|---|",
    ]
    for board in boards().values():
        battery = "divider" if board.has_battery else "no"
        sleep = "yes" if board.deep_sleep else "no, stays awake"
        cells = (
            f"`{board.name}`",
            board.chip,
            board.radio,
            battery,
            sleep,
            board.run_on_hardware or "not yet",
        )
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _board(path: Path) -> Board:
    module = _load(path)
    return Board(
        name=module.NAME,
        module=path.stem,
        title=(module.__doc__ or "").partition("\n")[0],
        chip=module.CHIP,
        image=module.IMAGE,
        radio=module.RADIO["chip"],
        architecture=_CHIPS[module.CHIP][0],
        deep_sleep=module.DEEP_SLEEP,
        uarts=tuple(sorted(module.UARTS)),
        i2cs=tuple(sorted(module.I2CS)),
        has_battery=module.BATTERY is not None,
    )


def _load(path: Path) -> Any:
    spec = importlib.util.spec_from_file_location(f"boards.{path.stem}", path)
    if spec is None or spec.loader is None:
        raise WorkbenchError(f"{path} is no module")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
