"""Several bridges, one database: a real Mosquitto shares out, a real PostgreSQL goes and comes back."""

import asyncio
import json
import signal
import subprocess
import sys
from collections import Counter
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from paho.mqtt.client import MQTTMessage

from gateway.alarms import duty, notices, notifications, records
from gateway.alarms.notifications import Notification
from gateway.app import App
from gateway.clock import WallClock
from gateway.config import Config, load
from gateway.mqtt.link import UNACKNOWLEDGED
from gateway.sources.mqtt import LnsSource
from gateway.store.database import Postgres
from gateway.store.ledger import Store
from tests.gateway import postgres
from tests.gateway.broker import mosquitto, other, until
from tests.gateway.desk import START_MS, ManualClock
from tests.gateway.lns import dev_eui, event, topic
from tests.gateway.night_watch import MINUTE, Telephone, on_duty, watching
from tests.gateway.web.ledger import Ledger

DRAINED = 64  # what one wake-up may still bring after the first word of stopping
FRAMES = 2 * (UNACKNOWLEDGED + DRAINED) + 50
HOLDER = """
import sys
from gateway.store.database import Postgres
from gateway.store.ledger import Store
store = Store(Postgres(sys.argv[1]))
print(store.holds("alarms"), store.claim("network"), flush=True)
sys.stdin.read()
"""


def bridge(
    folder: Path, name: str, broker: str, database: Postgres, protocol: str = "5", extra: str = ""
) -> Config:
    file = folder / f"{name}.toml"
    file.write_text(
        f"""
        [store]
        path = "{name}.db"
        url = "{database.url}"
        master_key_file = "town.key"
        [http]
        bind = "127.0.0.1:0"
        [[source]]
        type = "chirpstack"
        name = "lns"
        client_id = "{name}"
        url = "{broker}"
        group = "town"
        protocol = "{protocol}"
        topics = ["{topic(1)}"]
        adopt = true
        {extra}
        """
    )
    return load(file)


async def test_bridges_hold_little_while_the_database_is_down_and_lose_nothing(
    tmp_path: Path, postgresql: postgres.Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One by the broker's count of what is not acknowledged (MQTT 5), one by not reading on (3.1.1)."""
    monkeypatch.setattr("gateway.sources.mqtt._RETRY_S", 0.1)
    brought: Counter[LnsSource] = Counter()
    receive = LnsSource._receive

    def counted(source: LnsSource, message: MQTTMessage) -> None:
        brought[source] += 1
        receive(source, message)

    monkeypatch.setattr(LnsSource, "_receive", counted)
    database = postgresql.database()
    unlimited = ("allow_anonymous true", "max_inflight_messages 0")  # by itself it would send 20
    with mosquitto(tmp_path, *unlimited) as broker, other(broker) as lns:
        first = bridge(tmp_path, "one", broker.url, database, "5")
        second = bridge(tmp_path, "two", broker.url, database, "3.1.1")
        async with App(first, WallClock()) as one, App(second, WallClock()) as two:
            apps = (one, two)
            await until(lambda: not any(error for app in apps for error in app.source_errors().values()))
            lns.say(topic(1), event(1, 0))
            await until(lambda: sum(app.counters.uplinks for app in apps) == 1)
            brought.clear()
            postgresql.stop("fast")
            try:
                for fcnt in range(1, FRAMES):
                    lns.send(topic(1), event(1, fcnt))
                await until(lambda: len(brought) == 2 and min(brought.values()) >= UNACKNOWLEDGED, 60)
                await asyncio.sleep(0.5)
                assert max(brought.values()) <= UNACKNOWLEDGED + DRAINED, "the rest waits at the broker"
                assert all(app.store.write_error for app in apps), "the operator sees it at /readyz"
            finally:
                postgresql.start()
            await until(lambda: sum(app.counters.uplinks for app in apps) == FRAMES, 60)
            assert min(app.counters.uplinks for app in apps) > 0
            rows = one.store.connection.execute(
                "SELECT fcnt FROM uplink WHERE dev_eui = ? ORDER BY session_id, fcnt", (dev_eui(1),)
            )
            assert [row[0] for row in rows] == list(range(FRAMES))


async def test_one_bridge_feeds_the_sinks_and_another_goes_on_in_its_place(
    tmp_path: Path, postgresql: postgres.Server
) -> None:
    """Whichever of them stored an uplink."""
    database = postgresql.database()
    with mosquitto(tmp_path) as broker, other(broker) as lns, other(broker, "messfunk/#", "ha/#") as ear:
        sinks = (
            f"[[sink]]\ntype = 'mqtt'\nname = 'out'\nurl = '{broker.url}'\nhome_assistant = 'ha'\n"
            for _ in range(2)
        )
        first, second = (
            bridge(tmp_path, name, broker.url, database, extra=sink)
            for name, sink in zip(("one", "two"), sinks, strict=True)
        )

        def told() -> list[int]:
            return [json.loads(body)["fcnt"] for body in ear.bodies("/up")]

        async with AsyncExitStack() as last:
            stacks = [await last.enter_async_context(AsyncExitStack()) for _ in range(2)]
            apps = [
                await stack.enter_async_context(App(config, WallClock()))
                for stack, config in zip(stacks, (first, second), strict=True)
            ]
            await until(lambda: not any(error for app in apps for error in app.source_errors().values()))
            for fcnt in range(20):
                lns.say(topic(1), event(1, fcnt))
            await until(lambda: len(told()) >= 20, 60)
            assert min(app.counters.uplinks for app in apps) > 0
            assert sorted(told()) == list(range(20)), "each once"
            holds = [app.store.holds("alarms") for app in apps]
            assert sorted(holds) == [False, True]
            assert ear.bodies("/availability") == [b"online"], "said by the one that feeds"
            assert len(ear.bodies("/config")) == 1, "so is discovery"
            staying, before = apps[holds.index(False)], apps[holds.index(False)].counters.uplinks
            await stacks[holds.index(True)].aclose()
            for fcnt in range(20, 30):  # some of them wait for the other one at the broker
                lns.say(topic(1), event(1, fcnt))
            await until(lambda: staying.counters.uplinks > before and len(told()) > 20, 60)
            assert ear.bodies("/availability") == [b"online", b"offline", b"online"]


def test_what_a_killed_process_did_goes_over_to_another(postgresql: postgres.Server) -> None:
    database = postgresql.database()
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, database.url], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout and holder.stdout.readline() == b"True True\n"
        store = Store(database)
        assert not store.holds("alarms") and not store.claim("network"), "a second one is refused"
        holder.send_signal(signal.SIGKILL)
        holder.wait(30)
    assert store.claim("network"), "its locks end with it"
    assert store.holds("alarms")
    store.close()


@pytest.mark.parametrize("dies_raising", [False, True])
async def test_a_silent_node_is_told_of_once_though_the_bridge_that_watches_is_killed(
    tmp_path: Path, postgresql: postgres.Server, monkeypatch: pytest.MonkeyPatch, dies_raising: bool
) -> None:
    """Killed once its alarm is told, or with it written and not committed; virtual time for both bridges."""
    database, book = postgresql.database(), tmp_path / "told"
    book.touch()
    monkeypatch.setattr(duty, "AppriseMessenger", lambda: Telephone(book))
    ledger, clock = Ledger(database), ManualClock()
    db = ledger.store.connection

    def hear(*dev_euis: str) -> None:
        with ledger.store.transaction():
            for each in dev_euis:
                ledger.hear(each, clock.now_ms(), {"laeq": 50.0})

    def told() -> list[str]:
        return [line.partition(":")[0] for line in book.read_text().splitlines()]

    def is_owed() -> bool:
        return bool(notices.due(db, clock.now_ms()))

    creek, brook, gauge = (dev_eui(number) for number in (1, 2, 3))
    with ledger.store.transaction():
        for each, name in ((creek, "Aue"), (brook, "Bach"), (gauge, "Pegel")):
            ledger.add(each, name, since=START_MS)
        notifications.put(db, Notification("duty", b"", "en", None, None, 0, 0))
    hear(creek, brook, gauge)
    async with watching(database, book, *["dies-raising"] * dies_raising) as first:
        assert await first.lives(0) == "True"
        staying = Store(database)
        async with on_duty(staying, clock):
            assert await first.lives(30) == "True"
            await clock.advance(30 * MINUTE)
            assert not staying.holds("alarms")
            hear(brook, gauge)  # the creek is silent from now on
            if not dies_raising:
                await clock.advance(15 * MINUTE)
                assert not records.in_force(db), "the other one has not looked yet, and it is its turn"
            assert await first.lives(15) == ("raised" if dies_raising else "True")
            if not dies_raising:
                await clock.advance(5 * MINUTE)
                await until(lambda: told() == ["Aue"] and not is_owed(), 60)
            first.process.kill()
            await until(lambda: staying.holds("alarms"), 60)
            hear(gauge)
            await clock.advance(25 * MINUTE)
            hear(gauge)
            await clock.advance(15 * MINUTE)
            await until(lambda: len(told()) == 2 and not is_owed(), 60)
            silent = [(row["kind"], row["dev_eui"]) for row in records.history(db)]
        assert (told(), silent) == (["Aue", "Bach"], [("silence", brook), ("silence", creek)])
        staying.close()
    ledger.store.close()
