"""Finds the frames in a stream of bytes that comes in any chunks, damaged, and opened in the middle."""


class Framer:
    """Bytes in, readings out. After a damaged frame the search goes on one byte further, not one frame.

    `parse(buffer, at)` tells what stands there: (size, reading), size 0 when it is no frame and -1 when more
    bytes are needed to tell. A reading of None is a frame that carries none, such as an acknowledgement. A
    text is a fault: a frame whose checksum agrees and whose value cannot be, remembered in `fault`.

    Where a short checksum lets bytes look like a frame by chance (`sure` is False), a frame out of step is
    believed when it is in step with the last one, or when one of the next two is a frame as well.
    """

    def __init__(self, parse: "Parse", sure: bool):
        self._parse = parse
        self._sure = sure
        self._in_step = sure
        self._buffer = b""
        self._passed = 0  # bytes that came before the buffer
        self._step: int | None = None  # where in the stream the last frame ended
        self.fault: str | None = None
        self.heard = 0

    def feed(self, data: bytes) -> "list[Any]":
        self._buffer += data
        self.heard += len(data)
        readings = []
        at = 0
        while True:
            size, reading = self._parse(self._buffer, at)
            if isinstance(reading, str):
                self.fault = reading
                size, reading = (size, None) if self._sure else (0, None)
            belief = self._belief(at, size)
            if belief < 0:
                break
            if belief == 0:
                self._in_step = self._sure
                at += 1
                continue
            self._in_step = True
            self._step = self._passed + at + size
            if reading is not None:
                readings.append(reading)
            at += size
        self._buffer = self._buffer[at:]
        self._passed += at
        return readings

    def verdict(self) -> str:
        """The fault to report when the readings do not suffice."""
        return self.fault or ("bad_data" if self.heard else "no_answer")

    def _belief(self, at: int, size: int) -> int:
        """1 to take the frame at `at`, 0 to go on one byte further, -1 to wait for more."""
        if size <= 0 or self._in_step:
            return min(size, 1)
        after = self._size(at + size)
        if self._step is not None:
            late = (self._passed + at - self._step) % size
            if late == 0:
                return 1
            goes_on = after > 0 and self._size(at + size - late) > 0  # else bytes were lost
            return 0 if goes_on else min(after, 1)
        if after:
            return min(after, 1)
        for rival in range(at + 1, at + size):
            rival_size = self._size(rival)
            successor = self._size(rival + rival_size) if rival_size > 0 else rival_size
            if successor:
                return min(successor, 0)
        return min(self._size(at + 2 * size), 1)  # what follows is damaged: the one after it tells the step

    def _size(self, at: int) -> int:
        size, reading = self._parse(self._buffer, at)
        return 0 if isinstance(reading, str) else size


TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    Parse = Callable[[bytes, int], tuple[int, Any]]
