"""A cursor over bytes: every decoder in codec/ reads through this and through nothing else."""


class WireError(ValueError):
    """The bytes break the format; `at` is the offset where reading stopped."""

    def __init__(self, reason: str, at: int = 0):
        super().__init__(reason)
        self.at = at


class Reader:
    """Reads a frame front to back; a short read raises WireError, never returns less."""

    def __init__(self, data: bytes):
        self._data = data
        self.at = 0

    def left(self) -> int:
        return len(self._data) - self.at

    def take(self, size: int) -> bytes:
        at = self.at
        if not at <= at + size <= len(self._data):  # a length computed from a short frame can be negative
            raise WireError(f"wanted {size} bytes, {self.left()} left", at)
        self.at = at + size
        return self._data[at : self.at]

    def byte(self) -> int:
        """The next one; most of what is read is no longer."""
        at = self.at
        if at >= len(self._data):
            raise WireError("wanted 1 bytes, 0 left", at)
        self.at = at + 1
        return self._data[at]

    def uint(self, size: int) -> int:
        """The next `size` bytes as an unsigned integer, least significant byte first (LoRaWAN order)."""
        return int.from_bytes(self.take(size), "little")

    def end(self) -> None:
        """Refuse bytes that nothing has read."""
        if self.left():
            raise WireError(f"{self.left()} bytes too many", self.at)
