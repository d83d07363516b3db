"""What takes the place of RTC memory on a board that never sleeps deeply."""


class Ram:
    """A store for a board that never sleeps deeply: its RAM outlives every rest."""

    def __init__(self) -> None:
        self._values = {}  # type: dict[str, bytes]

    def get(self, key: str) -> "bytes | None":
        return self._values.get(key)

    def put(self, key: str, value: bytes) -> None:
        self._values[key] = value
