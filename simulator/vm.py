"""The MicroPython VM as a process beside the simulator: lines of JSON in, lines of JSON out."""

import json
import subprocess
from pathlib import Path
from typing import Any


class VmError(Exception):
    """The VM does not run or ended early; the text says what to do."""


class Vm:
    """One MicroPython in one Node.js process, shared by all nodes of a run, started by the first."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        if self._process:
            return
        try:
            self._process = subprocess.Popen(  # noqa: S603, no input of anybody's goes in
                ["node", str(Path(__file__).with_name("vm.mjs"))],  # noqa: S607, whichever Node.js is on the path
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
        except FileNotFoundError:
            raise VmError(
                'the tier "micropython" needs Node.js 20: install it, or choose "firmware"'
            ) from None

    def stop(self) -> None:
        if self._process is None:
            return
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe:
                pipe.close()
        self._process.wait()
        self._process = None

    def write(self, message: object) -> None:
        if self._process and self._process.stdin:
            self._process.stdin.write(json.dumps(message) + "\n")
            self._process.stdin.flush()

    def read(self) -> tuple[str, Any]:
        """("?", question) or ("=", answer)."""
        line = self._process.stdout.readline() if self._process and self._process.stdout else ""
        if not line:
            raise VmError("the MicroPython VM ended: its own message stands above (run `make setup` first?)")
        return line[0], json.loads(line[1:])
