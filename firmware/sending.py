"""From the outbox to the air: one frame a wake, dated, confirmed where that was asked for."""

from codec import cbor, report
from codec.compat import const
from firmware import outbox as ports

_RETRY_MS = const(30000)  # after a join that nobody answered, beside what the network's rules ask for
_ALARM_TRIES = const(8)
_YOUNG_MS = const(2000)  # this young needs no age
_DATED_MS = const(11000)  # from here on a message carries its age; in between it waits
_CONFIRM_ALL = const(2)
_ALARM_ITEMS = const(5)  # without an age
_DAY_MS = const(86400000)
_WEEK_MS = const(604800000)
_GPS_EPOCH_S = const(315964800)  # in Unix time
_LEAP_S = const(18)  # GPS is ahead of UTC by so much since 2017


class Sending:
    """`open_link` loads the way to the air, which a wake that only samples does not need."""

    def __init__(self, open_link: "Callable[[], Link]", outbox: "Outbox", board: "Board", confirm: int):
        self._open_link = open_link
        self._outbox = outbox
        self._clock = board.clock()
        self._log = board.log
        self._flash = board.flash()
        self._rtc = board.rtc()
        self._confirm = confirm

    async def send(self) -> "Downlink | None":
        """The most urgent of what waits, if the air is free; returns what the gateway had to say."""
        one = self._outbox.first(self._clock.now_ms())
        if one is None:
            return None
        try:
            return await self._try(one)
        except OSError as error:  # the radio or the modem fails, or the MAC refuses: the payload stays
            self._log(f"not sent: {error}")
            self._outbox.again(one, self._clock.now_ms())
            return None

    async def _try(self, one: "Waiting") -> "Downlink | None":
        link = self._open_link()
        if not link.joined() and not await link.join():
            self._rest(link, _RETRY_MS)
            return None
        if one.fport in _DATERS and _YOUNG_MS < self._clock.now_ms() - one.since_ms < _DATED_MS:
            self._outbox.defer(one, one.since_ms + _DATED_MS)
            return None
        downlink = None
        size = min(len(one.payload), await link.room())
        if not link.wait_ms(one.fport == ports.ALARM, size):
            is_time_due = self._is_time_due()
            if is_time_due:
                link.ask_time()
            downlink = await self._transmit(link, one)
            if is_time_due:
                self._set_clock(await link.utc_ms())
        self._rest(link, 0)
        return downlink

    def _is_time_due(self) -> bool:
        """A clock drifts by seconds in a week; a network that does not tell the time is not pressed."""
        return self._clock.now_ms() >= int.from_bytes(self._rtc.get("time_due") or b"", "little")

    def _set_clock(self, utc_ms: "int | None") -> None:
        now_ms = self._clock.now_ms()
        if utc_ms is not None:
            from firmware.recall import Recall

            Recall(self._flash, self._rtc).set_clock(utc_ms // 1000 - _GPS_EPOCH_S + _LEAP_S, now_ms)
        due_ms = now_ms + (_DAY_MS if utc_ms is None else _WEEK_MS)
        self._rtc.put("time_due", due_ms.to_bytes(8, "little"))

    def _rest(self, link: "Link", least_ms: int) -> None:
        """Nothing leaves before the air is free for it; alarms have airtime of their own."""
        for line in link.why():
            self._log(line)
        now_ms = self._clock.now_ms()
        alarms_ms = now_ms + max(link.wait_ms(is_alarm=True), least_ms)
        self._outbox.wait_until(now_ms + max(link.wait_ms(), least_ms), alarms_ms)

    async def _transmit(self, link: "Link", one: "Waiting") -> "Downlink | None":
        is_alarm = one.fport == ports.ALARM
        confirmed = self._confirm == _CONFIRM_ALL or bool(is_alarm and self._confirm)
        payload, rest = _dated(one, self._clock.now_ms()), None
        if one.fport == ports.REPORT and len(payload) > await link.room():
            payload, rest = _part(payload, await link.room())
        downlink = await link.send(one.fport, payload, confirmed, is_alarm)
        heard = not confirmed or (downlink is not None and downlink.ack)
        if rest:
            self._outbox.shorten(one, rest)
        elif heard or not is_alarm or one.tries >= _ALARM_TRIES:
            self._outbox.sent(one)
        else:
            self._outbox.again(one, self._clock.now_ms())
        return downlink


def _dated(one: "Waiting", now_ms: int) -> bytes:
    """The payload with its age, where it has one."""
    age_ms = now_ms - one.since_ms
    if one.fport not in _DATERS or age_ms < _DATED_MS:
        return one.payload
    return _DATERS[one.fport](one.payload, age_ms // 1000)


def _part(payload: bytes, room: int) -> "tuple[bytes, bytes | None]":
    """What of a report fits into one frame, the most urgent of it, and a report of what is left."""
    values = report.decode(payload)
    part = report.split(values, room)[0]
    told = report.decode(part)
    left = {name: values[name] for name in values if name not in told}
    if not left:
        return part, None
    left.pop("age_s", None)
    if "number" in values:
        left["number"] = values["number"]
    return part, report.encode(left)


def _date_report(payload: bytes, age_s: int) -> bytes:
    values = report.decode(payload)
    values["age_s"] = age_s
    return report.encode(values)


def _date_alarm(payload: bytes, age_s: int) -> bytes:
    return cbor.encode(cbor.decode(payload)[:_ALARM_ITEMS] + (age_s,))


def _date_batch(payload: bytes, age_s: int) -> bytes:
    items = cbor.decode(payload)
    quantity, interval_s, was_s = items[2] if isinstance(items[2], tuple) else (items[2], 300, 0)
    return cbor.encode(items[:2] + ((quantity, interval_s, was_s + age_s),) + items[3:])


_DATERS = {ports.REPORT: _date_report, ports.ALARM: _date_alarm, ports.BATCH: _date_batch}


TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from firmware.contracts import Board, Link
    from firmware.mac.actions import Downlink
    from firmware.outbox import Outbox, Waiting
