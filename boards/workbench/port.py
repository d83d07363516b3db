"""A node on a serial port, through mpremote's transport: into the REPL also of one that sleeps."""

import binascii
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from mpremote.transport import TransportError
from mpremote.transport_serial import SerialTransport
from serial import SerialException
from serial.tools import list_ports

from boards.workbench import WorkbenchError
from boards.workbench.on_node import program

_TRIES = 4
_QUIET_S = 5.0
_LONGEST_S = 600  # of a program: a survey waits for airtime
_CHUNK = 768  # bytes of a file in one program, which is a third longer as base64
_RAW_REPL = b"raw REPL; CTRL-B to exit\r\n"
# USB vendor ids of the boards' serial chips: CP210x, CH34x, Espressif, Raspberry Pi, FTDI.
_USB_VENDORS = {0x10C4, 0x1A86, 0x303A, 0x2E8A, 0x0403}
# The watchdog of a node that was interrupted runs on: an hour is enough for any work here.
_HOLD_OFF = "try:\n import machine\n machine.WDT(timeout=3600000)\nexcept Exception:\n pass\n"
_BEGIN = """
import binascii, os
for part in {folders!r}:
    try:
        os.mkdir(part)
    except OSError:
        pass
f = open({beside!r}, 'wb')
w = lambda b: f.write(binascii.a2b_base64(b))
"""
_END = """
f.close()
try:
    os.remove({name!r})
except OSError:
    pass
os.rename({beside!r}, {name!r})
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

    def run(self, text: str) -> str:
        """What the program prints on the node."""
        try:
            said, failed = self._transport.exec_raw(text, timeout=_LONGEST_S)
        except (TransportError, OSError) as error:
            raise WorkbenchError(f"{self.path}: a program did not run: {error}") from None
        if failed:
            last = failed.decode("utf-8", "replace").strip().rpartition("\n")[2]
            raise WorkbenchError(f"{self.path}: a program did not run: {last}")
        return str(said.decode("utf-8", "replace"))

    def ask(self, name: str, **given: Any) -> list[Any]:
        """The lines of JSON that a program of `on_node` prints."""
        lines = [line.strip() for line in self.run(program(name, **given)).splitlines()]
        try:
            return [json.loads(line) for line in lines if line[:1] in tuple('["{')]
        except ValueError:
            raise WorkbenchError(f"{self.path}: it answers what nobody asked: {lines[:3]}") from None

    def write(self, name: str, data: bytes, progress: Callable[[int], None] = lambda _: None) -> None:
        """Replace a file: a cut leaves the old one, or one beside it that nobody reads."""
        beside = f"{name}.new"
        parts = name.split("/")
        folders = ["/".join(parts[:end]) for end in range(1, len(parts))]
        self.run(_BEGIN.format(folders=folders, beside=beside))
        for at in range(0, len(data), _CHUNK):
            self.run(f"w({binascii.b2a_base64(data[at : at + _CHUNK], newline=False)!r})")
            progress(min(at + _CHUNK, len(data)))
        self.run(_END.format(name=name, beside=beside))

    def restart(self) -> None:
        """As after power-on; nothing is heard of it any more."""
        try:
            self._transport.exec_raw_no_follow("import machine\nmachine.reset()")
        except (TransportError, OSError):  # one that speaks over its own USB is gone before it answers
            return


@contextmanager
def opened(path: str, say: Callable[[str], None] = lambda _: None) -> Iterator[Port]:
    """The node on `path`, interrupted and in its raw REPL; it starts anew when this ends."""
    transport = _connect(path)
    try:
        _enter(transport, path, say)
        port = Port(transport, path)
        port.run(_HOLD_OFF)
        try:
            yield port
        finally:
            port.restart()
    except SerialException as error:
        raise WorkbenchError(f"{path}: the connection broke: {error}. Plug it in again and repeat") from None
    finally:
        _close(transport)


def _connect(path: str) -> SerialTransport:
    if not Path(path).exists():
        raise WorkbenchError(f"there is no {path}. `messfunk node list` shows the boards that are plugged in")
    try:
        return SerialTransport(path, timeout=_QUIET_S)
    except (TransportError, SerialException, OSError) as error:
        raise WorkbenchError(f"{path} cannot be opened: {error}. Is another program using it?") from None


def _close(transport: SerialTransport) -> None:
    try:
        transport.close()
    except OSError:  # unplugged
        transport.serial.close()


def _enter(transport: SerialTransport, path: str, say: Callable[[str], None]) -> None:
    """A sleeping node does not answer: it is reset by its lines, and caught in its first three seconds."""
    for attempt in range(_TRIES):
        if _is_in_repl(transport):
            return
        say(f"{path}: no answer, resetting it ({attempt + 1} of {_TRIES})")
        _reset(transport)
    raise WorkbenchError(
        f"{path}: no REPL. Hold BOOT, press RESET, let go of RESET, then of BOOT, and repeat; "
        "if it stays silent, install MicroPython first: messfunk node interpreter"
    )


def _is_in_repl(transport: SerialTransport) -> bool:
    """As mpremote's enter_raw_repl, which prints what it did not expect."""
    transport.serial.write(b"\r\x03")  # Ctrl-C ends what runs
    while waiting := transport.serial.inWaiting():
        transport.serial.read(waiting)
    transport.serial.write(b"\r\x01")  # Ctrl-A
    said = transport.read_until(1, _RAW_REPL, timeout_overall=_QUIET_S)
    transport.in_raw_repl = bool(said.endswith(_RAW_REPL))
    return transport.in_raw_repl


def _reset(transport: SerialTransport) -> None:
    """EN follows RTS on the boards' USB serial chips; DTR stays off, so that BOOT is not pulled.

    Where there are no such lines, as on a chip's own USB, opening anew finds what has come back by itself.
    """
    try:
        transport.serial.dtr = False
        transport.serial.rts = True
        time.sleep(0.1)
        transport.serial.rts = False
    except OSError:
        transport.serial.close()
        time.sleep(0.1)
        transport.serial.open()
    time.sleep(0.5)
