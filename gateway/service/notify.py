"""What systemd is told over NOTIFY_SOCKET (sd_notify(3)): ready, alive, stopping."""

import asyncio
import socket
from collections.abc import Callable, Mapping


class Service:
    """Says nothing where systemd did not start us."""

    def __init__(self, environment: Mapping[str, str]):
        self._address = environment.get("NOTIFY_SOCKET", "")
        if self._address.startswith("@"):  # an abstract one
            self._address = "\0" + self._address[1:]
        microseconds = environment.get("WATCHDOG_USEC", "0")
        self._watchdog_s = int(microseconds) / 1e6 if microseconds.isdecimal() else 0.0

    def say(self, state: str) -> None:
        if not self._address:
            return
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as there:
            there.sendto(state.encode(), self._address)

    async def live(self, is_well: Callable[[], bool]) -> None:
        """Twice in each of systemd's periods while all is well; from this loop, so that a stuck one ends."""
        while self._watchdog_s:
            if is_well():
                self.say("WATCHDOG=1")
            await asyncio.sleep(self._watchdog_s / 2)
