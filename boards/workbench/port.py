"""A node on a serial port, through mpremote's transport: into the REPL also of one that sleeps."""

import binascii
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from mpremote.transport import TransportError
from mpremote.transport_serial import SerialTransport
from serial import SerialException
from serial.tools import list_ports

from boards.workbench import WorkbenchError

_TRIES = 4
_QUIET_S = 5.0
_CHUNK = 768  # bytes of a file in one program, which is a third longer as base64
# USB vendor ids of the boards' serial chips: CP210x, CH34x, Espressif, Raspberry Pi, FTDI.
_USB_VENDORS = {0x10C4, 0x1A86, 0x303A, 0x2E8A, 0x0403}
# The watchdog of a node that was interrupted runs on: an hour is enough for any work here.
_HOLD_OFF = "try:\n import machine\n machine.WDT(timeout=3600000)\nexcept Exception:\n pass\n"

_OPEN = """
from binascii import a2b_base64
f = open({name!r}, 'wb')
def w(text): f.write(a2b_base64(text))
"""


def usb_ports() -> list[tuple[str, str]]:
    """(path, what it is) of everything that looks like a board."""
    return [(port.device, port.description) for port in list_ports.comports() if port.vid in _USB_VENDORS]


def only_port(path: str | None) -> str:
    """The port that was named, or the one board there is."""
    if path:
        return path
    found = usb_ports()
    if len(found) != 1:
        names = ", ".join(name for name, _ in found) or "none"
        raise WorkbenchError(f"which board? Name it with --port PATH. Found: {names}")
    return found[0][0]


class Port:
    """A node in its raw REPL."""

    def __init__(self, transport: SerialTransport, path: str):
        self.path = path
        self._transport = transport

    def run(self, program: str) -> str:
        """What the program prints on the node."""
        return str(self._attempt(lambda: self._transport.exec(program), "run a program").decode())

    def eval(self, expression: str) -> Any:
        return self._attempt(lambda: self._transport.eval(expression), "evaluate an expression")

    def sha256(self, name: str) -> bytes | None:
        """Of a file on the node; None when there is none."""
        try:
            return bytes(self._transport.fs_hashfile(name, "sha256"))
        except OSError:
            return None
        except TransportError as error:
            raise WorkbenchError(f"{self.path}: reading {name} failed: {error}") from None

    def write(self, name: str, data: bytes, progress: Callable[[int], None] = lambda _: None) -> None:
        """Replace a file: a cut leaves the old one, or one beside it that nobody reads."""
        beside = f"{name}.new"
        folder = name.rpartition("/")[0]
        self._make(folder)
        self.run(
            f"import binascii\nf = open({beside!r}, 'wb')\nw = lambda b: f.write(binascii.a2b_base64(b))"
        )
        for at in range(0, len(data), _CHUNK):
            self.run(f"w({binascii.b2a_base64(data[at : at + _CHUNK], newline=False)!r})")
            progress(min(at + _CHUNK, len(data)))
        self.run("f.close()")
        self.run(
            f"import os\ntry:\n os.remove({name!r})\nexcept OSError:\n pass\nos.rename({beside!r}, {name!r})"
        )

    def _make(self, folder: str) -> None:
        parts = folder.split("/") if folder else []
        for end in range(1, len(parts) + 1):
            path = "/".join(parts[:end])
            if not self._attempt(partial(self._transport.fs_exists, path), f"look for {path}"):
                self._attempt(partial(self._transport.fs_mkdir, path), f"make {path}")

    def _attempt(self, do: Callable[[], Any], what: str) -> Any:
        try:
            return do()
        except (TransportError, OSError) as error:
            raise WorkbenchError(f"{self.path}: could not {what}: {error}") from None


@contextmanager
def opened(path: str, say: Callable[[str], None] = lambda _: None) -> Iterator[Port]:
    """The node on `path`, interrupted and in its raw REPL; it starts anew when this ends."""
    transport = _connect(path)
    try:
        _enter(transport, path, say)
        port = Port(transport, path)
        port.run(_HOLD_OFF)
        yield port
        transport.exit_raw_repl()
    except SerialException as error:
        raise WorkbenchError(f"{path}: the connection broke: {error}. Plug it in again and repeat") from None
    finally:
        transport.close()


def _connect(path: str) -> SerialTransport:
    if not Path(path).exists():
        raise WorkbenchError(f"there is no {path}. `messfunk node list` shows the boards that are plugged in")
    try:
        return SerialTransport(path, timeout=_QUIET_S)
    except (TransportError, SerialException, OSError) as error:
        raise WorkbenchError(f"{path} cannot be opened: {error}. Is another program using it?") from None


def _enter(transport: SerialTransport, path: str, say: Callable[[str], None]) -> None:
    """A sleeping node does not answer: it is reset by its lines, and caught in its first three seconds."""
    for attempt in range(_TRIES):
        if _is_in_repl(transport):
            return
        say(f"{path}: no answer, resetting it ({attempt + 1} of {_TRIES})")
        _reset_by_lines(transport)
    raise WorkbenchError(
        f"{path}: no REPL. Hold BOOT, press RESET, let go of RESET, then of BOOT, and repeat; "
        "if it stays silent, install MicroPython first: messfunk node interpreter"
    )


def _is_in_repl(transport: SerialTransport) -> bool:
    try:
        transport.enter_raw_repl(soft_reset=False, timeout_overall=_QUIET_S)
    except TransportError:
        return False
    return True


def _reset_by_lines(transport: SerialTransport) -> None:
    """EN follows RTS on the boards' USB serial chips; DTR stays off, so that BOOT is not pulled."""
    try:
        transport.serial.dtr = False
        transport.serial.rts = True
        time.sleep(0.1)
        transport.serial.rts = False
    except OSError:  # a pseudo-terminal has no such lines
        pass
    time.sleep(0.5)
