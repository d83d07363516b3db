"""TS009 certification commands on FPort 224; a build has them when its config says `certification = true`.

Such a build begins here and not in firmware/main: `Certification` understands and answers, `run` sends the
periodic uplinks that a test wants. Switched off by the tester, the node is an ordinary one again.
Commands of class B, and the continuous wave, which the radio driver cannot make, are counted and not obeyed.
"""

from codec.compat import const
from codec.lorawan import commands
from codec.wire import Reader, WireError
from firmware import main as firmware_main
from firmware import plan
from firmware.greeting import FIRMWARE

FPORT = const(224)
_APP_FPORT = const(1)
_ECHO = const(0x08)
_RX_APP_COUNT = const(0x09)
_PACKAGE_VERSION = b"\x00\x06\x01"  # package 6, version 1
_LORAWAN_VERSION = b"\x01\x00\x04\x00"
_REGIONAL_VERSION = b"\x02\x01\x00\x04"  # RP002-1.0.4
# TxPeriodicityChangeReq: 0 is the application's own
_PERIODS_S = (0, 5, 10, 20, 30, 40, 50, 60, 120, 240, 480)


class Certification:
    """Fed with every downlink; says what to send next. `firmware_version` is 4 bytes."""

    def __init__(self, mac: "Mac", flash: "Store", firmware_version: bytes):
        self._mac = mac
        self._flash = flash
        self._versions = b"\x7f" + firmware_version + _LORAWAN_VERSION + _REGIONAL_VERSION
        self.period_s = 0
        self.confirmed = False
        self.rejoins = False
        self.resets = False
        self.not_obeyed = 0
        self._answer = b""
        self._rx_app_count = 0

    def is_off(self) -> bool:
        """Switched off for good by DutFPort224DisableReq."""
        return self._flash.get("certification") == b"off"

    def heard(self, downlink: "Downlink") -> None:
        if downlink.fport or downlink.ack:
            self._rx_app_count = (self._rx_app_count + 1) & 0xFFFF
        if downlink.fport == FPORT and downlink.payload and not self.is_off():
            r = Reader(downlink.payload)
            order = _ORDERS.get(r.uint(1))
            try:
                if order is None:
                    self.not_obeyed += 1
                else:
                    order(self, r)
            except WireError:  # cut short
                self.not_obeyed += 1

    def next_uplink(self) -> "tuple[int, bytes]":
        """(FPort, payload): an answer that is due, or the next periodic uplink."""
        answer, self._answer = self._answer, b""
        return (FPORT, answer[: self._mac.room()]) if answer else (_APP_FPORT, b"\x00")

    def _package_version(self, r: Reader) -> None:
        self._answer = _PACKAGE_VERSION

    def _reset(self, r: Reader) -> None:
        self.resets = True

    def _join(self, r: Reader) -> None:
        self.rejoins = True

    def _switch_class(self, r: Reader) -> None:
        self.not_obeyed += r.uint(1) != 0  # class A is what there is

    def _adr(self, r: Reader) -> None:
        self._mac.set_adr(r.uint(1) == 1)

    def _duty_cycle(self, r: Reader) -> None:
        self._mac.set_duty_cycle(r.uint(1) == 1)

    def _period(self, r: Reader) -> None:
        index = r.uint(1)
        if index < len(_PERIODS_S):
            self.period_s = _PERIODS_S[index]

    def _frames(self, r: Reader) -> None:
        kind = r.uint(1)
        if kind in (1, 2):
            self.confirmed = kind == 2

    def _echo(self, r: Reader) -> None:
        self._answer = bytes([_ECHO]) + bytes([byte + 1 & 0xFF for byte in r.take(r.left())])

    def _count(self, r: Reader) -> None:
        self._answer = bytes([_RX_APP_COUNT]) + self._rx_app_count.to_bytes(2, "little")

    def _reset_count(self, r: Reader) -> None:
        self._rx_app_count = 0

    def _link_check(self, r: Reader) -> None:
        self._mac.ask(commands.LINK_CHECK)

    def _time(self, r: Reader) -> None:
        self._mac.ask(commands.DEVICE_TIME)

    def _disable(self, r: Reader) -> None:
        self._flash.put("certification", b"off")
        self.resets = True

    def _version(self, r: Reader) -> None:
        self._answer = self._versions


_ORDERS = {
    0x00: Certification._package_version,
    0x01: Certification._reset,
    0x02: Certification._join,
    0x03: Certification._switch_class,
    0x04: Certification._adr,
    0x05: Certification._duty_cycle,
    0x06: Certification._period,
    0x07: Certification._frames,
    0x08: Certification._echo,
    0x09: Certification._count,
    0x0A: Certification._reset_count,
    0x20: Certification._link_check,
    0x21: Certification._time,
    0x7E: Certification._disable,
    0x7F: Certification._version,
}


async def run(certification: Certification, link: "Link", clock: "Clock", interval_s: int) -> None:
    """The node under test: joins, sends each period, obeys; returns when the test asks for a reset."""
    while not certification.resets:
        if certification.rejoins or not link.joined():
            certification.rejoins = not await link.join()
            if certification.rejoins:
                await clock.sleep_ms(link.wait_ms())
            continue
        fport, payload = certification.next_uplink()
        await clock.sleep_ms(link.wait_ms(size=len(payload)))
        downlink = await link.send(fport, payload, certification.confirmed)
        if downlink:
            certification.heard(downlink)
        await clock.sleep_ms((certification.period_s or interval_s) * 1000)


async def program(board: "Board", read: "Read") -> int:
    """One life of a node under test, in the place of a wake; it ends where the test asks for a reset."""
    settled = plan.load(board, read)
    link: Any = firmware_main.open_link(board, settled, read)  # a NativeLink
    certification = Certification(link.mac, board.flash(), FIRMWARE.to_bytes(4, "big"))
    if certification.is_off():
        return await firmware_main.assemble(board, read).wake()
    await run(certification, link, board.clock(), settled["interval_s"])
    board.reset()
    return 1


def main() -> None:
    firmware_main.main(program)


TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from firmware.contracts import Board, Clock, Link, Store
    from firmware.mac.actions import Downlink
    from firmware.mac.machine import Mac
    from firmware.main import Read
