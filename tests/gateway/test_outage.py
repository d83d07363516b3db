"""From an LNS's broker to ours, both real: outages and kill -9 lose nothing and keep the order."""

import asyncio
import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from gateway.app import App
from gateway.clock import WallClock
from gateway.config import load
from tests.gateway.broker import Mosquitto, Other, mosquitto, other, until
from tests.gateway.lns import dev_eui, event, topic

NODES = 5


def written(folder: Path, lns: Mosquitto, out: Mosquitto) -> Path:
    file = folder / "messfunk.toml"
    file.write_text(
        f"""
        [http]
        bind = "127.0.0.1:0"
        [[source]]
        type = "chirpstack"
        name = "lns"
        url = "{lns.url}"
        adopt = true
        [[sink]]
        type = "mqtt"
        name = "out"
        url = "{out.url}"
        """
    )
    return file


@contextmanager
def brokers(folder: Path) -> Iterator[tuple[Mosquitto, Other, Mosquitto, Other]]:
    """The LNS's with the LNS, and ours with somebody who listens."""
    (folder / "out").mkdir()
    with (
        mosquitto(folder) as broker,
        other(broker) as lns,
        mosquitto(folder / "out") as out,
        other(out, "messfunk/+/up") as ear,
    ):
        yield broker, lns, out, ear


@asynccontextmanager
async def serving(config: Path) -> AsyncIterator[App]:
    """Once the LNS's broker keeps for it what it misses."""
    async with App(load(config), WallClock()) as app:
        await until(lambda: app.source_errors() == {"lns": None})
        yield app


def load_it(lns: Other, rounds: range, pause_s: float) -> threading.Thread:
    """Each node says its counter, one after the other, for as long as it takes."""

    def run() -> None:
        for fcnt in rounds:
            for number in range(NODES):
                lns.send(topic(number), event(number, fcnt))
            time.sleep(pause_s)

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def check(ear: Other, database: Path, length: int) -> int:
    """Every uplink once in the store, each at the sink, in order; how many came there more than once."""
    db = sqlite3.connect(database)
    stored = db.execute("SELECT id, dev_eui, fcnt FROM uplink ORDER BY dev_eui, fcnt").fetchall()
    sessions = db.execute("SELECT count(*) FROM session").fetchone()[0]
    db.close()
    assert [row[1:] for row in stored] == [(dev_eui(n), fcnt) for n in range(NODES) for fcnt in range(length)]
    assert sessions == NODES
    said = [json.loads(body) for body in ear.bodies("/up")]
    first = {each["id"]: (each["dev_eui"], each["fcnt"]) for each in reversed(said)}
    assert first == {row[0]: row[1:] for row in stored}
    for number in range(NODES):
        order = list(dict.fromkeys(each["fcnt"] for each in said if each["dev_eui"] == dev_eui(number)))
        assert order == list(range(length))
    return len(said) - len(first)


def delivered(ear: Other) -> int:
    return len({json.loads(body)["id"] for body in ear.bodies("/up")})


async def test_an_outage_of_the_broker_under_load(tmp_path: Path) -> None:
    """One broker for both sides, gone for more than a second; who publishes and who listens waits for it."""
    with mosquitto(tmp_path) as broker, other(broker) as lns, other(broker, "messfunk/+/up") as ear:
        async with serving(written(tmp_path, broker, broker)) as app:
            loading = load_it(lns, range(50), 0.03)
            await until(lambda: delivered(ear) > 40)
            await asyncio.to_thread(broker.stop)
            await asyncio.sleep(1.2)
            assert app.source_errors()["lns"], "the operator sees it"
            await asyncio.to_thread(broker.start)
            await until(lambda: delivered(ear) == NODES * 50, 30)
            await asyncio.to_thread(loading.join)
        check(ear, tmp_path / "messfunk.db", 50)


async def test_the_sinks_broker_is_away_and_the_ledger_goes_on(tmp_path: Path) -> None:
    with brokers(tmp_path) as (broker, lns, out, ear):
        async with serving(written(tmp_path, broker, out)) as app:
            await asyncio.to_thread(out.stop)
            for fcnt in range(20):
                for number in range(NODES):
                    lns.send(topic(number), event(number, fcnt))
            await until(lambda: app.counters.uplinks == NODES * 20)
            assert delivered(ear) == 0
            await until(lambda: app.health()["sinks"][0]["error"])
            assert app.health()["sinks"][0]["depth"] == NODES * 20
            await asyncio.to_thread(out.start)
            await until(lambda: delivered(ear) == NODES * 20)
            await until(lambda: app.health()["sinks"][0]["depth"] == 0)
        assert check(ear, tmp_path / "messfunk.db", 20) == 0


class Process:
    """The gateway as its operator starts it."""

    def __init__(self, config: Path):
        command = [sys.executable, "messfunk.py", "gateway", "--config", str(config), "--json"]
        self._process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env={**os.environ, "PYTHONPATH": "."}
        )
        assert self._process.stdout
        self._process.stdout.readline()

    def end(self, number: int = signal.SIGKILL) -> None:
        self._process.send_signal(number)
        self._process.communicate(timeout=10)


async def test_kill_9_at_any_moment(tmp_path: Path) -> None:
    """Under load, the first time with all of it committed and acknowledged but nothing published yet."""
    rng = random.Random(5)
    with brokers(tmp_path) as (broker, lns, out, ear):
        config = written(tmp_path, broker, out)
        async with serving(config):
            await asyncio.to_thread(out.stop)
        gateway = await asyncio.to_thread(Process, config)
        loading = load_it(lns, range(60), 0.04)
        await asyncio.sleep(1)
        gateway.end()
        db = sqlite3.connect(tmp_path / "messfunk.db")
        owed = db.execute("SELECT count(*) FROM outbox").fetchone()[0]
        db.close()
        assert owed > 0, "killed between commit and publication"
        await asyncio.to_thread(out.start)
        for _ in range(2):
            gateway = await asyncio.to_thread(Process, config)
            await asyncio.sleep(rng.uniform(0.1, 0.6))
            gateway.end()
        gateway = await asyncio.to_thread(Process, config)
        await until(lambda: delivered(ear) == NODES * 60, 40)
        await asyncio.to_thread(loading.join)
        gateway.end(signal.SIGTERM)
        check(ear, tmp_path / "messfunk.db", 60)
