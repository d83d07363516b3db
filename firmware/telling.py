"""Puts into the outbox what one look has to tell: a hello, an alarm, a report."""

from codec import dialogue, report
from codec.compat import const
from firmware import outbox as ports
from firmware.power import Power, level

# Bits of `status`, as codec/desk/words.py names them.
_JOURNAL_FAILS = const(1)
_QUIET = const(2)  # a quarter of the samples, no batches
_CONFIG_FAULTY = const(4)
_NOISE_FLOOR = const(16)


class Telling:
    """`values` are steps of the registry or faults, with the number that the journal gave them."""

    def __init__(
        self, board: "Board", plan: "dict[str, Any]", sampling: "Sampling", values: "dict[str, int | str]"
    ):
        self._board = board
        self._rtc = board.rtc()
        self._now_ms = board.clock().now_ms()
        self._plan = plan
        self._sampling = sampling
        self._values = values
        self._outbox = ports.Outbox(self._rtc)

    def greet(self, reset_cause: int) -> None:
        """After a start that was no waking from sleep, and after new marks: say who this is."""
        from firmware.greeting import hello

        self._rtc.put("greet", b"")
        said = hello(self._board, self._sampling, self._plan, reset_cause)
        self._outbox.put(ports.HELLO, said, self._now_ms)

    def alarm(self) -> None:
        number, distance = self._values["number"], self._values["distance"]
        said = dialogue.alarm(int(number), self._sampling.over, distance, self._sampling.rate)
        self._outbox.put(ports.ALARM, said, self._now_ms)

    def report(self, journal_fails: bool, is_partial: bool) -> None:
        """All of this look; now and then with the battery, which also decides how quiet the node is."""
        battery = self._board.battery()
        power = Power(self._rtc, self._plan["quiet_cv"])
        power.judge(battery)
        self._rtc.put("level", bytes([level(battery)]))
        values = dict(self._values)
        if power.is_due(self._plan["battery_every"]):
            values["battery"] = battery
        status = (
            (_JOURNAL_FAILS if journal_fails else 0)
            | (_QUIET if power.quiet else 0)
            | (_CONFIG_FAULTY if self._plan["faulty"] else 0)
            | (_NOISE_FLOOR if self._sampling.at_floor else 0)
        )
        if status:
            values["status"] = status
        power.reported()
        power.save()
        self._outbox.put(ports.REPORT, report.encode(values), self._now_ms, is_partial)

    def save(self) -> None:
        self._outbox.save()


TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from firmware.contracts import Board
    from firmware.sampling import Sampling
