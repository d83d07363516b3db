"""The boards there are, read from their device modules, and the MicroPython each of them needs."""

import importlib.util
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from boards.workbench import WorkbenchError

ROOT = Path(__file__).parent.parent.parent
MICROPYTHON = "1.27.0"
_RELEASED = "20251209"  # in the names of its files on micropython.org/resources/firmware


class Pinned(NamedTuple):
    """What a file must be; `source` is how that is known, since micropython.org publishes no hashes."""

    size: int
    sha256: str
    source: str


# By the name of the build; of the others no source was found: `node interpreter --image` prints what to pin.
PINNED = {
    "ESP32_GENERIC": Pinned(
        1759456,
        "aa4be80ec695911ba0f13f7558e559ce540f90efbf40c23b853ca49162136b9f",
        "the file itself in a public repository; the digests within it are right",
    ),
    "ESP32_GENERIC_S3": Pinned(
        1753904,
        "f533115edca660863b1308445d5c08e3fa108b34c39229a53c2f984a8186a9cd",
        "a Git LFS pointer to the file in a public repository",
    ),
}
# chip: (architecture of native code, where esptool writes an image, MicroPython's name of the build)
_CHIPS = {
    "esp32": ("xtensawin", "0x1000", "ESP32_GENERIC"),
    "esp32s3": ("xtensawin", "0x0", "ESP32_GENERIC_S3"),
    "rp2040": ("armv6m", None, "RPI_PICO"),
}
_OWN_BUILDS = {"t3_s3": "LILYGO_T3_S3"}  # 4 MB of flash, the chip's usual build wants 8

# Module of firmware/supply: what the README's table calls it.
_SUPPLIES = {"divider": "divider", "axp": "power chip", "modem": "by the modem"}

# chip: (GPIOs that can be wired, inputs only among them): datasheets of ESP32 2.2, ESP32-S3 2.3, RP2040 1.4.
_GPIOS = {
    "esp32": ({*range(6), *range(12, 20), 21, 22, 23, 25, 26, 27, *range(32, 40)}, set(range(34, 40))),
    "esp32s3": ({*range(22), *range(33, 49)}, set()),
    "rp2040": (set(range(30)), set()),
}


@dataclass(frozen=True)
class Board:
    """One row of the README's table; `pins` is its module, `run_on_hardware` a date or None so far."""

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
    pins: Any
    supply: str
    run_on_hardware: str | None = None

    def can_wire(self, pin: int, drives: bool) -> bool:
        """Whether the chip has this pin beside its flash, and can drive it where the board has to."""
        there, inputs = _GPIOS[self.chip]
        return pin in there and not (drives and pin in inputs)

    @property
    def image_file(self) -> str:
        """Its name on micropython.org."""
        return f"{self.image}-{_RELEASED}-v{MICROPYTHON}.{'bin' if self.flash_offset else 'uf2'}"

    @property
    def pinned(self) -> Pinned | None:
        return PINNED.get(self.image)

    @property
    def flash_offset(self) -> str | None:
        """Where esptool writes the image; None where it is copied onto a drive."""
        return _CHIPS[self.chip][1]


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
        "| board | chip | radio | battery | deep sleep | interpreter's hash | run on hardware |",
        "|---|---|---|---|---|---|---|",
    ]
    for board in boards().values():
        sleep = "yes" if board.deep_sleep else "no, stays awake"
        cells = (
            f"`{board.name}`",
            board.chip,
            board.radio,
            _SUPPLIES[board.supply],
            sleep,
            "pinned" if board.pinned else "not known",
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
        image=_OWN_BUILDS.get(module.NAME, _CHIPS[module.CHIP][2]),
        radio=module.RADIO["chip"],
        architecture=str(_CHIPS[module.CHIP][0]),
        deep_sleep=module.DEEP_SLEEP,
        uarts=tuple(sorted(module.UARTS)),
        i2cs=tuple(sorted(module.I2CS)),
        pins=module,
        supply=module.BATTERY["by"],
    )


def _load(path: Path) -> Any:
    spec = importlib.util.spec_from_file_location(f"boards.{path.stem}", path)
    if spec is None or spec.loader is None:
        raise WorkbenchError(f"{path} is no module")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
