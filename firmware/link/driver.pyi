"""All that firmware/link/lora_radio uses of micropython-lib's lora driver; types for people and mypy.

Written against lora 0.2.0, lora-sync 0.1.1, lora-sx126x 0.1.6 and lora-sx127x 0.1.2.
"""

from typing import Protocol

class RxPacket(bytearray):
    snr: int
    """In quarters of a dB, on both chips."""

class Modem(Protocol):
    """What SX1262 and SX1276 have in common; both are handed SPI and pins when they are made."""

    crc_errors: int

    def configure(self, lora_cfg: dict[str, object]) -> None:
        """Keys: freq_khz, sf, bw ("125", "250", "500"), coding_rate, preamble_len, syncword, output_power,
        crc_en, implicit_header, invert_iq_rx, invert_iq_tx; on the SX126x rx_boost, on the SX127x tx_ant.
        What is left out stays."""
    def prepare_send(self, packet: bytes) -> None: ...
    def start_send(self) -> object: ...
    def poll_send(self) -> bool | int:
        """True while sending, then once the ticks_ms of TxDone, False when nothing is sent."""
    def start_recv(self, timeout_ms: int) -> object: ...
    def poll_recv(self) -> bool | RxPacket:
        """True while receiving, False when the time was over."""
    def standby(self) -> None: ...
    def sleep(self) -> None: ...
    def calibrate(self) -> None: ...
    def calibrate_image(self) -> None: ...
    def get_time_on_air_us(self, payload_len: int) -> int: ...

class SX126x(Modem, Protocol):
    def _reg_read(self, addr: int) -> int: ...
    def _reg_write(self, addr: int, val: int) -> object: ...
    def _cmd(self, fmt: str, *write_args: int) -> object: ...
    def _invert_workaround(self, enable: bool) -> None:
        """Called by prepare_send and start_recv just before the chip is told to go."""

class SX127x(Modem, Protocol):
    def _reg_update(self, reg: int, update_mask: int, new_value: int) -> object: ...

class Ticks(Protocol):
    """The part of MicroPython's `time` that reads the driver's stamps."""

    def ticks_ms(self) -> int: ...
    def ticks_diff(self, ticks1: int, ticks2: int) -> int: ...
