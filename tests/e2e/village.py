"""Three days of a village in a store: a flood, noise, dust, and every way in which a node can say nothing."""

import math
import random
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from codec import report
from codec.lorawan import frames
from gateway.alarms import marks, records
from gateway.alarms.records import Cause
from gateway.alarms.rules import Mark
from gateway.network import strangers
from tests.gateway.web.ledger import MINUTE, NOW, Ledger, Value, uplink_id

DAYS = 3
DAY = 24 * 60 * MINUTE
STEP = 10 * MINUTE
WATER = ("Aue, Brücke Mühlweg", "Fulda, Wehr", "Haune, Unterhaun", "Rückhaltebecken Nord")
NOISE = ("Marktplatz", "Umgehungsstraße")
DUST = ("Grundschule am Dom", "Bahnhof")
CREEK = "70b3d57ed0000001"
SILENT = "70b3d57ed0000021"
FAULTY = "70b3d57ed0000022"
FOREIGN = "70b3d57ed0000023"
UNHEARD = "70b3d57ed0000024"
LOUD = "70b3d57ed0000008"
DUSTY = "70b3d57ed0000016"
STRANGER = "70b3d57ed0000099"
FRAME = uplink_id(CREEK, 400)
HOSTILE = '<img src=x onerror="alert(1)"> \u202enetsiR\u202c & Söhne'


@dataclass
class Village:
    """`NOW` is its end; the weather is the same each time."""

    ledger: Ledger
    weather: random.Random

    def fill(self) -> None:
        for number, name in enumerate(WATER):
            self._node(f"70b3d57ed00000{number + 1:02}", name, self._water(number))
        for number, name in enumerate(NOISE):
            self._node(f"70b3d57ed00000{number + 8:02}", name, self._noise(number))
        for number, name in enumerate(DUST):
            self._node(f"70b3d57ed0000{number + 16:03}", name, self._dust(number))
        self._node(SILENT, HOSTILE, self._water(5), until=NOW - 200 * MINUTE)
        self._node(
            FAULTY, "Sportplatz", lambda time: {"distance": "no_echo", "level": "no_echo", "battery": 3.4}
        )
        self._node(FOREIGN, "Alter Wasserzähler", lambda _: None)
        self.ledger.add(UNHEARD, "Kläranlage", since=None)

    def _node(self, dev_eui, name, measure, until=NOW - MINUTE) -> None:  # type: ignore[no-untyped-def]
        activation: Literal["abp", "otaa"] = "abp" if dev_eui == FOREIGN else "otaa"
        ground = random.Random(dev_eui)
        where = (50.53 + ground.random() * 0.05, 9.65 + ground.random() * 0.08)
        self.ledger.add(dev_eui, name, activation, since=NOW - 86_400_000 * DAYS, place=where)
        offset = self.weather.randrange(8) * MINUTE
        for time in range(NOW - 86_400_000 * DAYS, until - offset, STEP):
            if self.weather.random() < 0.97:  # the air loses some
                heard = [self.weather.gauss(-104, 5), self.weather.gauss(-97, 4)][
                    : self.weather.choice([1, 2, 2])
                ]
                payload = self.weather.randbytes(7)
                self.ledger.hear(
                    dev_eui, time + offset, measure(time), [round(each) for each in heard], payload
                )

    def _water(self, number: int):  # type: ignore[no-untyped-def]
        peak, height, rest = (26 - 3 * number) * 60 * MINUTE, 900 - 150 * number, 310 + 140 * number

        def measure(time: int) -> dict[str, Value]:
            since = time - (NOW - peak)
            rise = (
                math.exp(-((since / (4 * 60 * MINUTE)) ** 2))
                if since < 0
                else math.exp(-since / (11 * 60 * MINUTE))
            )
            coming = 260 * math.exp(-(((NOW - time) / (150 * MINUTE)) ** 2)) if number == 0 else 0
            level = round(rest + height * rise + coming + self.weather.gauss(0, 2))
            temperature = round(7.5 + 1.8 * math.sin((time % 86_400_000) / 86_400_000 * math.tau - 2.2), 1)
            return {"distance": 4000 - level, "level": level, "temperature": temperature, "battery": 3.71}

        return measure

    def _noise(self, number: int):  # type: ignore[no-untyped-def]
        def measure(time: int) -> dict[str, Value]:
            day = math.sin((time % 86_400_000) / 86_400_000 * math.tau - 1.9)
            laeq = round(52 + 6 * number + 9 * day + self.weather.gauss(0, 1.4), 1)
            return {
                "laeq": laeq,
                "lafmax": round(laeq + 14 + self.weather.random() * 6, 1),
                "l10": laeq + 3,
                "l90": laeq - 8,
            }

        return measure

    def _dust(self, number: int):  # type: ignore[no-untyped-def]
        def measure(time: int) -> dict[str, Value]:
            pm25 = 9 + 4 * number + 5 * math.sin(time / 86_400_000 * math.tau) + self.weather.gauss(0, 0.8)
            humidity = round(78 + 9 * math.cos((time % 86_400_000) / 86_400_000 * math.tau))
            return {
                "pm25": round(max(1, pm25), 1),
                "pm10": round(max(1, pm25) * 1.6, 1),
                "humidity": humidity,
                "temperature": 6.3,
            }

        return measure


def alarm(ledger: Ledger) -> None:
    """A mark that the creek has passed, another it has not, and an alarm that is over."""
    db = ledger.store.connection
    for name, value in (("Meldestufe I", 600.0), ("Meldestufe II", 1400.0)):
        mark = Mark(
            0, CREEK, "level", "value", name, value, 50.0, "1", "Hochwasserdienst", NOW - DAYS * DAY, None
        )
        number = marks.add(db, mark)
        cause = Cause("mark", f"mark:{number}:{CREEK}", NOW - 30 * MINUTE, CREEK, number, CREEK)
        records.open_alarm(db, replace(cause, quantity="level", value=value), NOW - 30 * MINUTE)
    records.close(db, f"mark:{number}:{CREEK}", NOW - 5 * MINUTE)


def frame(ledger: Ledger) -> None:
    """The creek's last uplink but some, as it was on the air."""
    payload = report.encode({"distance": 3343, "temperature": 89, "battery": 371})
    plain = frames.Plain(frames.UNCONFIRMED_UP, 0x26000001, 0, 400, b"", 1, payload)
    phy = frames.build(plain, bytes(16), bytes(16))
    ledger.store.connection.execute(
        "UPDATE uplink SET phy = ?, payload = ? WHERE id = ?", (phy, payload, FRAME)
    )


def build(path: Path) -> Ledger:
    ledger = Ledger(path)
    with ledger.store.transaction():
        Village(ledger, random.Random(7)).fill()
        alarm(ledger)
        frame(ledger)
        strangers.note(
            ledger.store.connection, STRANGER, "70b3d57ed0000000", "aa555a0000000101", NOW - MINUTE
        )
        ledger.store.connection.execute(
            "UPDATE device SET group_name = 'Hochwasser' WHERE dev_eui < ?", (LOUD,)
        )
    return ledger
