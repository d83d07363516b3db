"""A serial port that is not there: a pseudo-terminal's master, with who opens it and who reads it in view."""

import asyncio
import os
import pty
import select
import tty
from collections.abc import Callable

_LOOK_S = 0.05  # how often a closed port is looked at


class PseudoTerminal:
    """`path` is what a program opens. `opened` and `typed` are called when one does, and writes."""

    def __init__(self, opened: Callable[[], None], typed: Callable[[bytes], None]):
        self._opened = opened
        self._typed = typed
        self._loop = asyncio.get_running_loop()
        self._master, slave = pty.openpty()
        tty.setraw(slave)
        self.path = os.ttyname(slave)
        os.close(slave)
        os.set_blocking(self._master, False)
        self._is_open = False
        self._unread = b""
        self._looking = self._loop.call_soon(self._look)

    def close(self) -> None:
        self._looking.cancel()
        self._hang_up()
        os.close(self._master)

    def say(self, data: bytes) -> None:
        """What nobody listens to is lost, as on a wire."""
        if self._is_open:
            self._unread += data
            self._write()

    def _look(self) -> None:
        poll = select.poll()
        poll.register(self._master, select.POLLIN)
        if any(event & select.POLLHUP for _, event in poll.poll(0)):
            self._looking = self._loop.call_later(_LOOK_S, self._look)
            return
        self._is_open, self._unread = True, b""
        self._loop.add_reader(self._master, self._read)
        self._opened()

    def _read(self) -> None:
        try:
            data = os.read(self._master, 65536)
        except OSError:  # the last one who had it open has closed it
            self._hang_up()
            self._looking = self._loop.call_soon(self._look)
            return
        self._typed(data)

    def _write(self) -> None:
        try:
            self._unread = self._unread[os.write(self._master, self._unread) :]
        except BlockingIOError:
            pass
        except OSError:
            self._unread = b""
        if self._unread:
            self._loop.add_writer(self._master, self._write)
        else:
            self._loop.remove_writer(self._master)

    def _hang_up(self) -> None:
        if self._is_open:
            self._is_open = False
            self._loop.remove_reader(self._master)
            self._loop.remove_writer(self._master)
