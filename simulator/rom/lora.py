"""micropython-lib's `lora` as the firmware sees it, on the simulator's air: firmware/link/driver.pyi."""

import time

from outside import ask

_QUIET_DBM = 120  # below zero: nobody else sends here


class RxPacket(bytearray):
    snr = 0  # in quarters of a dB


class _Modem:
    """`ask` carries frames out and in; the times are those of the air."""

    def __init__(self, *wires: object, **named: object):
        if not ask("radio"):  # without supply it answers what the driver refuses
            raise RuntimeError("Invalid initial status (0, 0).")
        self.crc_errors = 0
        self._settings = {"freq_khz": 868100, "sf": 7, "bw": "125", "output_power": 14}  # type: dict[str, Any]
        self._registers = {}  # type: dict[int, int]
        self._frame = b""
        self._sent_us = None  # type: int | None
        self._is_receiving = False

    def configure(self, lora_cfg: "dict[str, Any]") -> None:
        self._settings.update(lora_cfg)

    def prepare_send(self, packet: bytes) -> None:
        self._frame = bytes(packet)

    def start_send(self) -> None:
        self._sent_us = ask("send", self._frame.hex(), self._channel(), self._settings["output_power"])

    def poll_send(self) -> "bool | int":
        if self._sent_us is None:
            return False
        now_us = time.time_ns() // 1000
        if now_us < self._sent_us:
            return True
        ago_ms = (now_us - self._sent_us) // 1000
        self._sent_us = None
        return time.ticks_add(time.ticks_ms(), -ago_ms)

    def start_recv(self, timeout_ms: int) -> None:
        ask("listen", self._channel(), timeout_ms * 1000)
        self._is_receiving = True

    def poll_recv(self) -> "bool | RxPacket":
        if not self._is_receiving:
            return False
        heard = ask("heard")
        if heard is True:
            return True
        self._is_receiving = False
        if heard is False:
            return False
        packet = RxPacket(bytes.fromhex(heard[0]))
        packet.snr = 4 * heard[1]
        return packet

    def standby(self) -> None:
        self._sent_us = None
        self._is_receiving = False

    def sleep(self) -> None:
        self.standby()

    def calibrate(self) -> None:
        """A twin needs none."""

    def calibrate_image(self) -> None:
        """A twin needs none."""

    def get_time_on_air_us(self, payload_len: int) -> int:
        return int(ask("on_air_us", payload_len, self._channel()))

    def _channel(self) -> "list[int]":
        s = self._settings
        return [int(s["freq_khz"] * 1000 + 0.5), s["sf"], int(s["bw"]) * 1000]


class SX1262(_Modem):
    def _reg_read(self, addr: int) -> int:
        return self._registers.get(addr, 0)

    def _reg_write(self, addr: int, val: int) -> None:
        self._registers[addr] = val

    def _cmd(self, fmt: str, *write_args: int, n_read: int = 0) -> bytes:
        return bytes([2 * _QUIET_DBM] * n_read)  # of GetRssiInst

    def _invert_workaround(self, enable: bool) -> None:
        """Replaced by the firmware."""


class SX1276(_Modem):
    def _reg_update(self, reg: int, update_mask: int, new_value: int) -> int:
        old = self._registers.get(reg, 0)
        self._registers[reg] = old & ~update_mask | new_value & update_mask
        return old

    def _reg_read(self, reg: int) -> int:
        return 157 - _QUIET_DBM  # RegRssiValue


TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any
