"""What the gateway can order on FPort 10, as one table; what is obeyed is in flash before it is answered."""

import struct

from codec import cbor, dialogue, registry
from codec.compat import const
from codec.wire import WireError
from firmware import outbox as ports
from firmware import settings
from firmware.journal import PAGE
from firmware.recall import Recall

DONE = const(0)  # the results of an order, as codec/desk/words.py names them
_UNKNOWN_ORDER = const(1)
_BAD_ARGUMENT = const(2)
_NOT_POSSIBLE = const(3)

REBOOT = b"reboot"  # what waits in RTC memory until an answer has left
REJOIN = b"rejoin"
_WANTED = "<BHH"  # quantity, first number, how many
_READINGS = const(12)
_DEEP_SLEEP = const(4)  # of RESET_CAUSES: the usual waking
_REJOIN_MS = const(30000)
_USUAL_S = const(300)
_OFF_S = const(1)  # by so much a reading may be off the batch's interval; the journal counts whole seconds
_UNDATED_S = const(1 << 25)  # more than a year old: of a clock that was never told
_COLUMNS = const(6)  # of the registry's table


class Orders:
    """What must wait for an answer to leave, and what takes more than one wake, is in RTC memory."""

    def __init__(self, board: "Board"):
        self._board = board
        self._flash = board.flash()
        self._rtc = board.rtc()
        self._clock = board.clock()
        self._outbox = ports.Outbox(self._rtc)

    def obey(self, payload: bytes) -> None:
        """Do what a command asks and put the answer into the outbox; what is no command is counted.

        A gateway that missed the answer repeats its command: the same token is answered, not obeyed again.
        """
        try:
            said = dialogue.command(payload)
        except WireError:
            misread = int.from_bytes(self._rtc.get("misread") or b"", "little")
            self._rtc.put("misread", (misread + 1 & 0xFFFF).to_bytes(2, "little"))
            return
        answer = self._flash.get("answered")
        if not answer or cbor.decode(answer)[1] != said[0]:
            results = [self._do(order) for order in said[1:] if isinstance(order, tuple)]
            answer = dialogue.answer(cbor.decode(payload)[1], *results)
            self._flash.put("answered", answer)
        self._outbox.put(ports.ANSWER, answer, self._clock.now_ms())

    async def follow(self, open_link: "Callable[[], Link]") -> None:
        """What comes after the answer: the next batch of the journal, or joining anew, or a reboot."""
        if self._outbox.next_ms() is None and not self._rtc.get("quiet"):
            self._send_wanted()
        after = self._rtc.get("after")
        if not after or self._outbox.holds(ports.ANSWER):
            return
        if after == REBOOT or await self._joins(open_link):
            self._rtc.put("after", b"")
        if after == REBOOT:
            self._outbox.save()
            self._board.reset()

    async def _joins(self, open_link: "Callable[[], Link]") -> bool:
        try:
            return await open_link().join()
        except OSError as error:  # the radio or the modem fails, or the MAC refuses
            self._board.log(f"not joined: {error}")
            return False

    def save(self) -> None:
        self._outbox.save()
        if self._rtc.get("after") and self._outbox.next_ms() is None:  # nobody answered the join
            self._rtc.put("talk", (self._clock.now_ms() + _REJOIN_MS).to_bytes(8, "little"))

    def _send_wanted(self) -> None:
        """The next batch of what was asked for."""
        wanted = self._rtc.get("wanted")
        if not wanted:
            return
        quantity, first, count = struct.unpack(_WANTED, wanted)
        now_ms = self._clock.now_ms()
        journal = Recall(self._flash, self._rtc)
        taken, payload = batch(journal, _name(quantity), (first, count), journal.time_s(now_ms))
        if payload:
            self._outbox.put(ports.BATCH, payload, now_ms)
        left = struct.pack(_WANTED, quantity, (first + taken) & 0xFFFF, count - taken)
        self._rtc.put("wanted", left if count > taken else b"")

    def _do(self, order: "tuple[int, ...]") -> int:
        if order[0] not in _ORDERS:
            return _UNKNOWN_ORDER
        do, count, more = _ORDERS[order[0]]
        arguments = order[1:]
        if len(arguments) != count and not (more and len(arguments) > count):
            return _BAD_ARGUMENT
        try:
            do(self, arguments)
        except ValueError:  # ConfigError among them
            return _BAD_ARGUMENT
        except OSError:  # flash is full or worn out
            return _NOT_POSSIBLE
        return DONE

    def _interval(self, arguments: "tuple[int, ...]") -> None:
        """One report holds all quantities, so their interval is the node's."""
        quantity, sample_s, rising_s, report_s = arguments
        paces = {
            f"sample_{self._measured(quantity)}_s": sample_s,
            "rising_s": rising_s,
            "interval_s": report_s,
        }
        settings.change(self._flash, paces)

    def _marks(self, arguments: "tuple[int, ...]") -> None:
        settings.change(self._flash, {"hysteresis_mm": arguments[0], "marks_mm": list(arguments[1:])})
        self._rtc.put("greet", bytes([_DEEP_SLEEP]))  # the next hello confirms them

    def _offset(self, arguments: "tuple[int, ...]") -> None:
        settings.change(self._flash, {f"offset_{self._measured(arguments[0])}": arguments[1]})

    def _send_journal(self, arguments: "tuple[int, ...]") -> None:
        quantity, first, count = arguments
        if not 0 <= first <= 0xFFFF or not 0 < count <= 0xFFFF:
            raise ValueError
        self._measured(quantity)
        self._rtc.put("wanted", struct.pack(_WANTED, quantity, first, count))

    def _reboot(self, arguments: "tuple[int, ...]") -> None:
        self._rtc.put("after", REBOOT)

    def _rejoin(self, arguments: "tuple[int, ...]") -> None:
        self._rtc.put("after", REJOIN)

    def _time(self, arguments: "tuple[int, ...]") -> None:
        Recall(self._flash, self._rtc).set_clock(arguments[0], self._clock.now_ms())

    def _confirm(self, arguments: "tuple[int, ...]") -> None:
        settings.change(self._flash, {"confirm": arguments[0]})

    def _measured(self, quantity: int) -> str:
        """The name of a quantity of this node."""
        name = _name(quantity)
        if name not in (self._rtc.get("seen") or b"").decode().replace(";", ",").split(","):
            raise OSError
        return name


def batch(journal: "Recall", name: str, wanted: "tuple[int, int]", now_s: int) -> "tuple[int, bytes | None]":
    """Up to 12 readings at one interval from a first number on: (numbers dealt with, payload).

    Where the node went faster a batch ends and the next begins; what the journal lost, or cannot date, is
    passed over.
    """
    first, count = wanted
    records = journal.read(first, min(count, _READINGS))
    if not records:
        return min(count, PAGE), None
    together, interval_s = _in_step(records)
    taken = (records[0].number - first & 0xFFFF) + together
    age_s = max(now_s - records[together - 1].time_s, 0)
    if age_s > _UNDATED_S:
        return taken, None
    readings = [record.values.get(name) for record in records[:together]]
    return taken, dialogue.batch(records[0].number, name, readings, interval_s, age_s)


def _in_step(records: "list[Record]") -> "tuple[int, int]":
    """How many of these a batch can hold with their times, and the interval between them."""
    interval_s = _USUAL_S
    for end in range(1, len(records)):
        newest = records[end]
        step_s = (newest.time_s - records[0].time_s + end // 2) // end
        if step_s < 1 or newest.number != (records[0].number + end) & 0xFFFF:
            return end, interval_s
        for place in range(end):
            if abs(newest.time_s - records[place].time_s - (end - place) * step_s) > _OFF_S:
                return end, interval_s
        interval_s = step_s
    return len(records), interval_s


def _name(quantity: int) -> str:
    """Of the quantity with this number in the registry; ValueError when there is none."""
    if not 0 <= quantity < len(registry.TABLE) // _COLUMNS:
        raise ValueError
    return registry.TABLE[quantity * _COLUMNS + 1]


# code: (what to do, how many arguments, whether more of the last kind may follow)
_ORDERS = {
    1: (Orders._interval, 4, False),
    2: (Orders._marks, 1, True),
    3: (Orders._offset, 2, False),
    4: (Orders._send_journal, 3, False),
    5: (Orders._reboot, 0, False),
    6: (Orders._rejoin, 0, False),
    7: (Orders._time, 1, False),
    8: (Orders._confirm, 1, False),
}

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from firmware.contracts import Board, Link
    from firmware.recall import Record
