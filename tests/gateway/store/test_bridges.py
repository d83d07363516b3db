"""Several bridges, one database: a real Mosquitto shares out, a real PostgreSQL goes and comes back."""

import asyncio
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from paho.mqtt.client import MQTTMessage

from gateway.app import App
from gateway.clock import WallClock
from gateway.config import Config, load
from gateway.mqtt.link import UNACKNOWLEDGED
from gateway.sources.mqtt import LnsSource
from gateway.store.database import Postgres
from gateway.store.ledger import Store
from tests.gateway import postgres
from tests.gateway.broker import mosquitto, other, until
from tests.gateway.lns import dev_eui, event, topic

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


def bridge(folder: Path, name: str, broker: str, database: Postgres, protocol: str) -> Config:
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
