"""A board that is not there: MicroPython behind a pseudo-terminal, its world and its time the simulator's."""

import asyncio
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from simulator.clock import VirtualClock
from simulator.pseudo_terminal import PseudoTerminal

_BRIDGE = Path(__file__).with_suffix(".mjs")
_CTRL_C = b"\x03"
_LONGEST_LINE = 1 << 24
_WINDOW_US = 3_500_000  # in which a node's start can be interrupted

POWER_ON, HARD_RESET, WATCHDOG, DEEP_SLEEP, SOFT_RESET = 1, 2, 3, 4, 5  # machine's numbers


class VirtualBoardError(Exception):
    """The virtual board cannot start; the text says what to do."""


class Parts(Protocol):
    """What the board is wired to: sensors, radio, battery."""

    def answer(self, verb: str, given: list[Any]) -> Any:
        """Bytes or a plain value; OSError as a bus raises it."""


class VirtualBoard:
    """`machine` is what its MicroPython says it runs on; `port` is its serial port, once it is started.

    The clock stands still while the VM computes, and goes on while it sleeps or waits for somebody to type.
    A pseudo-terminal has no DTR and RTS: opening it is the reset of a board that sleeps, if `wakes_on_open`.
    """

    def __init__(self, clock: VirtualClock, parts: Parts, machine: str):
        self.speed: float | None = None  # of the clock while nobody types; None leaves the clock alone
        self.wakes_on_open = True
        self.is_boot_held = False
        self.boots: list[int] = []  # the cause of each
        self._clock = clock
        self._parts = parts
        self._machine = machine
        self._is_typed_to = False
        self._caught_us = 0
        self._typed = b""  # what the VM has not read yet
        self.state = "off"  # or: asleep, idle (waits for somebody to type), busy, sleeping (in time.sleep)
        self._nap = 0  # the number of the sleep in which it is
        self._ending: int | None = None  # why it boots next
        self._sleep_ms = 0
        self._rtc = b""
        self._left_out: list[str] = []
        self._watch_us = (0, 0)  # of the watchdog: timeout, deadline
        self._rests = asyncio.Event()  # the VM computes nothing

    async def start(self) -> None:
        """Power on."""
        node = shutil.which("node")
        if node is None:
            raise VirtualBoardError("Node.js is missing. On Debian: apt-get install nodejs")
        self._terminal = PseudoTerminal(self._opened, self._type)
        self.port = self._terminal.path
        self._vm = await asyncio.create_subprocess_exec(
            node, str(_BRIDGE), self._machine,
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, limit=_LONGEST_LINE,
        )  # fmt: skip
        self._listening = asyncio.create_task(self._listen())
        self._boot(POWER_ON)
        await self._rests.wait()
        if self.state == "off":
            await self.stop()
            raise VirtualBoardError("the MicroPython VM did not start: run `make setup` first")

    async def stop(self) -> None:
        """Unplugged."""
        self.state = "off"
        self._terminal.close()
        self._listening.cancel()
        if self._vm.returncode is None:
            self._vm.kill()
        await self._vm.wait()

    def leave_out(self, name: str) -> None:
        """From now on the interpreter comes without this module of its own; takes a reset."""
        self._left_out.append(name)
        self._restart(POWER_ON)

    def press_reset(self) -> None:
        """The RESET button: what deep sleep keeps is lost."""
        self._rtc = b""
        self._restart(POWER_ON)

    def _restart(self, cause: int) -> None:
        if self.state in ("asleep", "idle"):
            self._boot(cause)
            return
        self._ending = cause
        if self.state == "sleeping":
            self._reply("reset", None)

    def _boot(self, cause: int) -> None:
        self._watch_us, self._ending = (0, 0), None
        self.boots.append(cause)
        self._send(["boot", {"isRaw": cause == SOFT_RESET, "without": self._left_out}])

    # The VM

    async def _listen(self) -> None:
        lines = self._vm.stdout
        while lines and (line := await lines.readline()):
            kind, *given = json.loads(line)
            if kind == "say":
                self._terminal.say(given[0].encode("latin-1"))
            elif kind == "ask":
                self._answer(*json.loads(given[0]))
            elif kind == "idle":
                self._idle()
            else:
                self._ended()
        self._rest("off")

    def _send(self, message: object) -> None:
        self._nap += 1
        self.state = "busy"
        self._rests.clear()
        if self._vm.stdin and not self._vm.stdin.is_closing():
            self._vm.stdin.write(json.dumps(message).encode() + b"\n")

    def _reply(self, kind: str, value: object) -> None:
        self._send([kind, value])

    def _rest(self, state: str) -> None:
        self.state = state
        is_typed_to = state == "idle" or self._clock.now_us() < self._caught_us
        if self.speed and self._is_typed_to != is_typed_to:
            self._is_typed_to = is_typed_to  # who types, and a watchdog meanwhile, has real time
            self._clock.set_speed(min(self.speed, 1.0) if is_typed_to else self.speed)
        self._rests.set()

    def _idle(self) -> None:
        if self._ending is not None:
            self._boot(self._ending)
            return
        self._rest("idle")
        self._feed()

    def _ended(self) -> None:
        """By deep sleep, by a reset, or by Ctrl-D."""
        if self._ending is None:
            self._terminal.say(b"soft reboot\r\n")
            self._boot(SOFT_RESET)
        elif self._ending == DEEP_SLEEP:
            self._typed = b""
            self._rest("asleep")
            self._after(self._sleep_ms * 1000, lambda: self._boot(DEEP_SLEEP))
        else:
            self._boot(self._ending)

    def _after(self, duration_us: int, act: Callable[[], None]) -> None:
        """`act`, unless the sleep has ended by then; time stands still until the VM rests again."""
        nap = self._nap

        async def wake() -> None:
            if nap == self._nap and self.state != "off":
                act()
                await self._rests.wait()

        self._clock.call_at_us(self._clock.now_us() + duration_us, wake)

    # What the program asks

    def _answer(self, verb: str, *given: Any) -> None:
        if self._ending is not None:
            self._reply("reset", None)
        elif _CTRL_C in self._typed:
            self._interrupt()
        elif verb in _CHIP:
            _CHIP[verb](self, *given)
        else:
            self._ask_parts(verb, list(given))

    def _interrupt(self) -> None:
        self._typed = self._typed[self._typed.find(_CTRL_C) + 1 :]
        self._reply("interrupt", None)

    def _ask_parts(self, verb: str, given: list[Any]) -> None:
        try:
            value = self._parts.answer(verb, given)
        except OSError as error:
            self._reply("errno", error.errno or 5)
            return
        if isinstance(value, bytes):
            self._reply("bytes", value.hex())
        else:
            self._reply("value", value)

    def _sleep(self, duration_us: int) -> None:
        self._rest("sleeping")
        self._after(duration_us, lambda: self._reply("value", None))

    def _reset(self) -> None:
        self._ending = HARD_RESET
        self._reply("reset", None)

    def _deepsleep(self, duration_ms: int) -> None:
        self._ending, self._sleep_ms = DEEP_SLEEP, duration_ms
        self._reply("reset", None)

    def _set_rtc(self, data: str) -> None:
        self._rtc = bytes.fromhex(data)
        self._reply("value", None)

    def _watch(self, timeout_ms: int) -> None:
        self._watch_us = (timeout_ms * 1000, 0)
        self._feed_watch()

    def _feed_watch(self) -> None:
        timeout_us = self._watch_us[0]
        deadline_us = self._clock.now_us() + timeout_us
        self._watch_us = (timeout_us, deadline_us)
        self._clock.call_at_us(deadline_us, lambda: self._bite(deadline_us))
        self._reply("value", None)

    def _bite(self, deadline_us: int) -> None:
        """Unless it has been fed since it got this deadline."""
        if self._watch_us[1] == deadline_us and self.state not in ("asleep", "off"):
            self._restart(WATCHDOG)

    # The serial port

    def _opened(self) -> None:
        if self.state == "asleep" and self.wakes_on_open:
            self._caught_us = self._clock.now_us() + _WINDOW_US  # as long for who opened it as on a board
            self.press_reset()

    def _type(self, data: bytes) -> None:
        self._typed = b"" if self.state == "asleep" else self._typed + data
        if self.state == "sleeping" and _CTRL_C in self._typed:
            self._interrupt()
        else:
            self._feed()

    def _feed(self) -> None:
        if self.state == "idle" and self._typed:
            typed, self._typed = self._typed, b""
            self._send(["typed", typed.decode("latin-1")])


# What the chip itself answers; anything else is asked of its parts.
_CHIP: dict[str, Callable[..., None]] = {
    "now": lambda board: board._reply("value", board._clock.now_us()),
    "sleep": VirtualBoard._sleep,
    "cause": lambda board: board._reply("value", board.boots[-1]),
    "reset": VirtualBoard._reset,
    "deepsleep": VirtualBoard._deepsleep,
    "rtc": lambda board: board._reply("bytes", board._rtc.hex()),
    "set_rtc": VirtualBoard._set_rtc,
    "watch": VirtualBoard._watch,
    "feed": VirtualBoard._feed_watch,
    "pin": lambda board, number: board._reply("value", 0 if board.is_boot_held and number == 0 else 1),
}
