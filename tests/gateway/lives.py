"""A gateway that lives often: imported once, forked for each life, so that a life begins in no time."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from gateway.config import Address

_STOPS_S = 30


class Lives:
    """One at a time, each the command `messfunk gateway`; `log` gets what all of them log."""

    def __init__(self, log: Path, environment: Mapping[str, str]):
        with log.open("a") as written:
            self._parent = subprocess.Popen(
                [sys.executable, "-m", "tests.gateway.lives"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=written,
                text=True,
                env={**os.environ, **environment},
            )

    def begin(self, config: Path) -> "Life":
        """Its socket is open on return."""
        assert self._parent.stdin
        print(config, file=self._parent.stdin, flush=True)
        pid = int(self.line())
        host, port = json.loads(self.line())["udp"].rsplit(":", 1)
        return Life(self, pid, Address(host, int(port)))

    def close(self) -> None:
        self._parent.communicate(timeout=_STOPS_S)

    def line(self) -> str:
        assert self._parent.stdout
        return self._parent.stdout.readline()


class Life:
    def __init__(self, lives: Lives, pid: int, udp: Address):
        self.udp = udp
        self._lives = lives
        self._pid = pid

    def kill(self) -> None:
        os.kill(self._pid, signal.SIGKILL)

    def ended(self) -> int:
        """Wait for it; its exit code, or -9 after a kill."""
        return int(self._lives.line())

    def stop(self) -> None:
        os.kill(self._pid, signal.SIGINT)


def _live(config: str) -> None:
    from messfunk import main

    print(os.getpid(), flush=True)
    main(["gateway", "--json", "--config", config])


def _main() -> None:
    import gateway.app
    import gateway.cli
    import gateway.store.postgres  # noqa: F401 (all three are what a life would import)

    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            _live(line.strip())
        print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)


if __name__ == "__main__":
    _main()
