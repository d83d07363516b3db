"""A board that is not there: the MicroPython VM behind a pseudo-terminal, for the workbench and mpremote."""

import os
import pty
import shutil
import subprocess
import threading
import tty
from pathlib import Path
from types import TracebackType

_BRIDGE = Path(__file__).with_suffix(".mjs")


class VirtualBoardError(Exception):
    """The virtual board cannot start; the text says what to do."""


class VirtualBoard:
    """`with VirtualBoard() as board`: `board.port` is the path of its serial port. Unplugging ends it."""

    def __init__(self) -> None:
        node = shutil.which("node")
        if node is None:
            raise VirtualBoardError("Node.js is missing. On Debian: apt-get install nodejs")
        self._master, self._slave = pty.openpty()
        tty.setraw(self._slave)
        self.port = os.ttyname(self._slave)
        self._vm = subprocess.Popen(  # noqa: S603
            [node, str(_BRIDGE)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=_BRIDGE.parent.parent
        )

    def __enter__(self) -> "VirtualBoard":
        said = self._vm.stdout.readline() if self._vm.stdout else b""
        if said != b"ready\n":
            self.close()
            raise VirtualBoardError("the MicroPython VM did not start: run `make setup` first")
        for pump in (self._to_vm, self._from_vm):
            threading.Thread(target=pump, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._vm.kill()
        self._vm.wait()
        for pipe in (self._vm.stdin, self._vm.stdout):
            if pipe:
                pipe.close()
        for end in (self._slave, self._master):
            os.close(end)

    def _to_vm(self) -> None:
        try:
            while self._vm.stdin:
                self._vm.stdin.write(os.read(self._master, 4096))
                self._vm.stdin.flush()
        except (OSError, ValueError):  # closed
            return

    def _from_vm(self) -> None:
        try:
            while self._vm.stdout:
                said = os.read(self._vm.stdout.fileno(), 4096)
                if not said:
                    return
                os.write(self._master, said)
        except (OSError, ValueError):  # closed
            return
