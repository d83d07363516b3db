"""A medium of firmware.store for boards that keep nonces in the ESP32's NVS, not in files."""


class Nvs:
    """A medium on the ESP32's non-volatile storage: `nvs` is an esp32.NVS."""

    def __init__(self, nvs: "NVS", largest: int = 512):
        self._nvs = nvs
        self._buffer = bytearray(largest)

    def read(self, name: str) -> "bytes | None":
        try:
            size = self._nvs.get_blob(name, self._buffer)
        except OSError:  # never written
            return None
        return bytes(self._buffer[:size])

    def write(self, name: str, blob: bytes) -> None:
        self._nvs.set_blob(name, blob)
        self._nvs.commit()


TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Protocol

    class NVS(Protocol):
        """esp32.NVS."""

        def get_blob(self, key: str, buffer: bytearray) -> int: ...
        def set_blob(self, key: str, value: bytes) -> None: ...
        def commit(self) -> None: ...
