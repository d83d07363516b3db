"""A RUI3 module on the simulator's air: AT commands in, answers and events out, as a RAK3172 prints them.

Its MAC is the firmware's own, with a memory of its own that the host's sleep does not touch.
"""

import random
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from typing import Any

from codec.lorawan.regions import REGIONS
from firmware import session as sessions
from firmware.link.native import NativeLink
from firmware.mac.actions import Options, Otaa
from firmware.mac.machine import Mac
from simulator import device
from simulator.air import Air
from simulator.board import MemoryStore
from simulator.clock import VirtualClock
from simulator.device import DeviceClock
from simulator.radio import SimulatedRadio
from simulator.site import Site

_BUSY = "AT_BUSY_ERROR"


class Rui3Modem:
    """The part of machine.UART that firmware.link.rui3 uses.

    `identity` is (DevEUI, JoinEUI, AppKey): what the host says of the latter two is acknowledged, no more.
    """

    def __init__(
        self,
        clock: VirtualClock,
        air: Air,
        site: Site,
        flash: MemoryStore,
        identity: tuple[bytes, bytes, bytes],
        rng: random.Random,
        data_rate: int,
    ):
        self.is_on = True
        self.stores = (flash, MemoryStore())
        flash.put("session", b"")  # with power it loses the session, never the nonces
        self._simulated = clock
        self._site = site
        self._clock = DeviceClock(clock, clock.now_us())
        self.radio = SimulatedRadio(clock, self._clock, air, site.place)
        options = Options(data_rate, True, 0)
        mac = Mac(REGIONS["EU868"], Otaa(*identity), self.stores, rng.randrange, options)
        self._link = NativeLink(mac, self.radio, self._clock, rng.randrange)
        self._data_rate = data_rate
        self._values = {"DEVEUI": identity[0].hex().upper(), "CFM": "0"}
        self._line = b""
        self._printed = b""
        self._is_busy = False

    def any(self) -> int:
        return len(self._printed)

    def read(self, nbytes: int = -1) -> bytes | None:
        size = len(self._printed) if nbytes < 0 else nbytes
        taken, self._printed = self._printed[:size], self._printed[size:]
        return taken or None

    def write(self, buf: bytes) -> int:
        self._line += bytes(buf)
        *lines, self._line = self._line.split(b"\r\n")
        for line in lines:
            self._take(line.decode("ascii", "replace"))
        return len(buf)

    def _print(self, line: str) -> None:
        self._printed += line.encode() + b"\r\n"

    def _take(self, line: str) -> None:
        name, _, value = line.removeprefix("AT+").partition("=")
        if line in ("AT", "AT+SLEEP"):
            self._print("OK")
        elif value == "?":
            self._tell(name)
        elif name in ("JOIN", "SEND"):
            self._print(self._join() if name == "JOIN" else self._send(value))
        elif name == "TIMEREQ":
            self._link.ask_time()
            self._print("OK")
        elif name in _SETTINGS:
            self._values[name] = value
            self._print("OK")
        else:
            self._print("AT_COMMAND_NOT_FOUND")

    def _tell(self, name: str) -> None:
        value = _TOLD[name](self) if name in _TOLD else self._values.get(name)
        if value is None:
            self._print("AT_PARAM_ERROR")
            return
        for line in (f"AT+{name}={value}", "", "OK"):
            self._print(line)

    def _join(self) -> str:
        if self._is_busy:
            return _BUSY

        async def join() -> str:
            return "JOINED" if await self._link.join() else "JOIN_FAILED_RX_TIMEOUT"

        return self._begin(join())

    def _send(self, value: str) -> str:
        fport, _, payload_hex = value.partition(":")
        payload = bytes.fromhex(payload_hex)
        if not self._link.joined():
            return "AT_NO_NETWORK_JOINED"
        if self._is_busy or self._link.wait_ms(size=len(payload)):
            return _BUSY
        return self._begin(self._cycle(int(fport), payload, self._values["CFM"] == "1"))

    async def _cycle(self, fport: int, payload: bytes, confirmed: bool) -> str:
        downlink = await self._link.send(fport, payload, confirmed)
        if downlink is not None and downlink.fport is not None:
            snr_db = self.radio.snr_db
            self._print(f"+EVT:RX_1:-70:{snr_db}:UNICAST:{downlink.fport}:{downlink.payload.hex()}")
        if not confirmed:
            return "TX_DONE"
        is_acked = downlink is not None and downlink.ack
        return "SEND_CONFIRMED_OK" if is_acked else "SEND_CONFIRMED_FAILED(4)"

    def _begin(self, work: Coroutine[Any, Any, str]) -> str:
        """Its status; the event that ends it is printed when the air is done with it."""
        self._is_busy = True

        async def run() -> int:
            try:
                event = await work
            except OSError:  # the MAC refuses: the airtime is used up
                event = "JOIN_FAILED_TX_TIMEOUT"
            self._is_busy = False
            self._print(f"+EVT:{event}")
            return 0

        device.run(self._simulated, run(), lambda _: None, lambda: self.is_on)
        return "OK"

    def _told_data_rate(self) -> str:
        session = sessions.load(*self.stores)
        return str(session.data_rate if session else self._data_rate)

    def _local_time(self) -> str:
        utc_ms = self._link.mac.utc_ms(self._clock.now_ms())
        return datetime.fromtimestamp((utc_ms or 0) // 1000, UTC).strftime("%Hh%Mm%Ss on %m/%d/%Y")


_SETTINGS = ("NJM", "CLASS", "BAND", "APPEUI", "APPKEY", "ADR", "MASK", "DCS", "LPM", "CFM")
_TOLD: dict[str, Callable[[Rui3Modem], str]] = {
    "NJS": lambda modem: str(int(modem._link.joined())),
    "DR": Rui3Modem._told_data_rate,
    "LTIME": Rui3Modem._local_time,
    "BAT": lambda modem: f"{modem._site.battery_cv(modem._simulated.now_us()) / 100:.3f}",
}
