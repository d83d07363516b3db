"""The way to the air through a RUI3 modem on a UART: RAK3172, RAK4631-R and kin, with a MAC of their own."""

from codec.compat import const
from firmware.link.rui3_lines import Event, Lines, Received, Restarted, Status, Value
from firmware.mac.actions import Downlink, RefusedError

_POLL_MS = const(20)
_ANSWER_MS = const(2000)
_WAKE_MS = const(300)
_WAKE_TRIES = const(5)  # the first bytes after sleep are lost
_JOIN_MS = const(25000)  # a request at SF12, 6 s, an accept at SF12
_CYCLE_MS = const(25000)  # both windows at SF12
_LEAST_UTC_S = const(1514764800)  # 2018
_MOST_BYTES = const(4096)  # taken at a time
_LINGER_MS = const(500)  # a downlink is printed behind the end of its cycle
_BUSY_TRIES = const(4)
_BUSY_MS = const(5000)  # after a confirmed downlink the modem sends an empty uplink of its own
_WAIT_MS = const(30000)
_FOPTS_SIZE = const(15)  # the modem does not tell what answers it owes: room for the most there can be
_BANDS = (
    ("EU433", 0), ("IN865", 3), ("EU868", 4), ("US915", 5), ("AU915", 6), ("KR920", 7),
    ("AS923-1", 8), ("AS923-2", 9), ("AS923-3", 10), ("AS923-4", 11),
)  # fmt: skip


def open_link(
    board: "ModemBoard", region: "Region", config: "dict[str, Any]", identity: "list[bytes]"
) -> "Rui3Link":
    """`identity` is (DevEUI, JoinEUI, AppKey); the DevEUI that counts is the module's own."""
    return Rui3Link(
        board.modem(), board.clock(), region, (identity[1], identity[2]), config["sub_band"], board.log
    )


class ModemError(OSError):
    """The modem did not do what it was told; the text says what it said. The caller keeps the payload."""


class Rui3Link:
    """firmware.contracts.Link. `keys` is (JoinEUI, AppKey); the DevEUI is the module's own."""

    def __init__(
        self,
        uart: "Modem",
        clock: "Clock",
        region: "Region",
        keys: "tuple[bytes, bytes]",
        octet: int = 0,
        log: "Log | None" = None,
    ):
        self._uart = uart
        self._clock = clock
        self._region = region
        self._keys = keys
        self._octet = octet
        self._log = log
        self._lines = Lines()
        self._heard = []  # type: list[Received]
        self._events = []  # type: list[Event]
        self._is_joined = False
        self._asks_time = False
        self._is_confirming = None  # type: bool | None
        self._free_at_ms = 0
        self._busy = False

    def joined(self) -> bool:
        return self._is_joined

    def wait_ms(self, is_alarm: bool = False, size: int = 0) -> int:
        return max(0, self._free_at_ms - self._clock.now_ms())

    def why(self) -> "list[str]":
        wait_ms = self.wait_ms()
        return [f"the modem was busy, asked again in {-(-wait_ms // 1000)} s"] if wait_ms else []

    async def wake(self) -> None:
        """Until it answers: after sleep the first bytes only wake it."""
        for _ in range(_WAKE_TRIES):
            if await self._is_awake():
                return
        raise ModemError("the modem does not answer: check wiring, power and baud rate (115200, old: 9600)")

    async def _is_awake(self) -> bool:
        try:
            await self._command("AT", _WAKE_MS)
        except ModemError:
            return False
        return True

    async def sleep(self) -> None:
        """Until the next byte. The answer may be lost in falling asleep."""
        self._write("AT+SLEEP")
        await self._clock.sleep_ms(_POLL_MS)

    async def dev_eui(self) -> bytes:
        return bytes.fromhex(await self._query("DEVEUI"))

    async def provision(self) -> None:
        """Band, keys, class A, OTAA, ADR, duty cycle; the module keeps them."""
        await self.wake()
        join_eui, app_key = self._keys
        for command in (
            "NJM=1",
            "CLASS=A",
            f"BAND={dict(_BANDS)[self._region.name]}",
            f"APPEUI={join_eui.hex()}",
            f"APPKEY={app_key.hex()}",
            "ADR=1",
        ):
            await self._command("AT+" + command)
        if self._octet:
            await self._command(f"AT+MASK={1 << self._octet - 1:04X}")
        if any(band[2] < 1000 for band in self._region.sub_bands):
            await self._command("AT+DCS=1")
        try:
            await self._command("AT+LPM=1")  # it sleeps by itself whenever it has nothing to do
        except ModemError:  # older firmware does not know it and stays awake
            pass

    async def join(self) -> bool:
        """One attempt; a module still joined from before our sleep is taken as it is, once."""
        await self.wake()
        if not self._is_joined and await self._query("NJS") == "1":
            self._is_joined = True
            return True
        await self.provision()
        self._events = []
        await self._command("AT+JOIN=1:0:10:0")
        event = await self._event(("JOINED", "JOIN_FAILED_RX_TIMEOUT", "JOIN_FAILED_TX_TIMEOUT"), _JOIN_MS)
        self._is_joined = event == "JOINED"
        if self._log and not self._is_joined:
            dev_eui = (await self.dev_eui()).hex()
            self._log(f"{event}: does the network know DevEUI {dev_eui} of the module and its keys?")
        return self._is_joined

    async def send(
        self, fport: int, payload: bytes, confirmed: bool = False, is_alarm: bool = False
    ) -> "Downlink | None":
        """One uplink; the downlink that came, or for a confirmed one its bare ACK."""
        await self.wake()
        # Oversize would go out as an empty uplink: the limit is checked before the modem sees the payload.
        largest = await self.room()
        if len(payload) > largest:
            raise RefusedError(f"{len(payload)} bytes do not fit: the modem carries {largest} now")
        if confirmed != self._is_confirming:
            await self._command(f"AT+CFM={int(confirmed)}")
            self._is_confirming = confirmed
        if self._asks_time:
            await self._command("AT+TIMEREQ=1")
            self._asks_time = False
        self._events, self._heard = [], []
        await self._send(f"AT+SEND={fport}:{payload.hex()}")
        ended = ("SEND_CONFIRMED_OK", "SEND_CONFIRMED_FAILED") if confirmed else ("TX_DONE",)
        is_acked = await self._event(ended, _CYCLE_MS) == "SEND_CONFIRMED_OK"
        await self._listen(_LINGER_MS)
        if self._heard:
            received = self._heard.pop(0)
            return Downlink(received.fport, received.payload, is_acked, bool(self._heard))
        return Downlink(None, b"", True, False) if is_acked else None

    async def room(self) -> int:
        """Payload bytes at the modem's data rate, beside the most FOpts there can be."""
        data_rate = int(await self._query("DR"))
        row = self._region.data_rates[data_rate] if data_rate < len(self._region.data_rates) else None
        sizes = self._region.dwell_sizes
        if row is None:
            raise ModemError(f"the modem reports DR{data_rate}, which {self._region.name} does not have")
        return max(0, (sizes[data_rate] if sizes else row[2]) - _FOPTS_SIZE)

    async def link_check(self, fport: int) -> "tuple[int, int] | None":
        """(margin in dB, gateways), asked with an uplink of one byte; None when nobody answered."""
        await self.wake()
        await self._command("AT+LINKCHECK=1")
        self._events = []
        await self._send(f"AT+SEND={fport}:00")
        found = await self._arguments("LINKCHECK", _CYCLE_MS)
        return (int(found[1]), int(found[2])) if len(found) > 2 and found[0] == "0" else None

    def ask_time(self) -> None:
        self._asks_time = True

    async def utc_ms(self) -> "int | None":
        """Unix time, once the network has told it; until then the module counts from 1970."""
        told_s = _unix_s(await self._query("LTIME"))
        return told_s * 1000 if told_s is not None and told_s >= _LEAST_UTC_S else None

    async def _send(self, command: str) -> None:
        for _ in range(_BUSY_TRIES):
            try:
                await self._command(command)
                return
            except ModemError:
                if not self._busy:
                    raise
            await self._listen(_BUSY_MS)
        self._free_at_ms = self._clock.now_ms() + _WAIT_MS
        raise ModemError("the modem is busy: its duty cycle or a transmission of its own; try again later")

    async def _query(self, key: str) -> str:
        for said in await self._command(f"AT+{key}=?"):
            if isinstance(said, Value) and said.key == key and said.text != "?":
                return said.text
        raise ModemError(f"the modem did not answer AT+{key}=? with a value")

    async def _command(self, command: str, timeout_ms: int = _ANSWER_MS) -> "list[Value]":
        """One command, one status; what came between."""
        self._take()
        self._write(command)
        deadline_ms = self._clock.now_ms() + timeout_ms
        values = []
        while self._clock.now_ms() < deadline_ms:
            await self._clock.sleep_ms(_POLL_MS)
            for said in self._take():
                if isinstance(said, Value):
                    values.append(said)
                elif isinstance(said, Status):
                    self._check(said.word, command)
                    return values
        raise ModemError(f"no answer to {_name(command)}")

    def _check(self, word: str, command: str) -> None:
        self._busy = word == "AT_BUSY_ERROR"
        if word == "AT_NO_NETWORK_JOINED":
            self._is_joined = False
        if word != "OK":
            raise ModemError(f"{word} to {_name(command)}")

    async def _event(self, names: "tuple[str, ...]", timeout_ms: int) -> str:
        """The first of these events; ModemError when none comes in time."""
        deadline_ms = self._clock.now_ms() + timeout_ms
        while self._clock.now_ms() < deadline_ms:
            for event in self._events:
                if event.name in names or (event.name.startswith("JOIN_FAILED") and "JOINED" in names):
                    return event.name
            await self._listen(_POLL_MS)
        raise ModemError(f"no {' or '.join(names)} within {timeout_ms // 1000} s")

    async def _arguments(self, name: str, timeout_ms: int) -> "list[str]":
        await self._event((name,), timeout_ms)
        return next(event for event in self._events if event.name == name).arguments

    async def _listen(self, duration_ms: int) -> None:
        await self._clock.sleep_ms(duration_ms)
        self._take()

    def _take(self) -> "list[Status | Value]":
        """What the modem has said; events are kept, a restart ends whatever was going on."""
        answers = []
        restarted = False
        for said in self._lines.feed(self._read()):
            if isinstance(said, Received):
                self._heard.append(said)
            elif isinstance(said, Event):
                self._events.append(said)
            elif isinstance(said, Restarted):
                restarted = True
            else:
                answers.append(said)
        if restarted and self._is_joined:
            self._is_joined, self._is_confirming = False, None
            raise ModemError("the modem restarted: it must join again")
        return answers

    def _read(self) -> bytes:
        data = b""
        while self._uart.any() and len(data) < _MOST_BYTES:
            data += self._uart.read(self._uart.any()) or b""
        return data

    def _write(self, command: str) -> None:
        self._uart.write(command.encode() + b"\r\n")


def _name(command: str) -> str:
    """The command without its value, which may be a key."""
    return command.partition("=")[0]


def _unix_s(text: str) -> "int | None":
    """`02h25m37s on 11/13/2018`: month, day, year, in UTC."""
    try:
        clock, _, date = text.partition(" on ")
        hour, minute, second = [int(clock[at : at + 2]) for at in (0, 3, 6)]
        month, day, year = [int(part) for part in date.split("/")]
    except ValueError:
        return None
    # Days since 1970 by the rule that a year begins in March.
    if month < 3:
        year, month = year - 1, month + 12
    days = 365 * year + year // 4 - year // 100 + year // 400 + (153 * month - 457) // 5 + day - 719469
    return days * 86400 + hour * 3600 + minute * 60 + second


TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from codec.lorawan.regions import Region
    from firmware.contracts import Clock, Modem, ModemBoard

    Log = Callable[[str], None]
