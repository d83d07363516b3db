"""kill -9 under load: every acknowledged uplink is stored exactly once, whatever instant it hits."""

import json
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from socket import AF_INET, SOCK_DGRAM, socket

import cbor2
import pytest

from gateway import devices
from gateway.devices import Provisioning
from gateway.store.ledger import Store
from tests.gateway.desk import START_MS, Node, abp
from tests.gateway.forwarder import PUSH_ACK, push, rxpk

REPORT = cbor2.dumps([0b0000_0000_0100_1010 - 16, -5, 112, 1])
NODES = 8
CRASHES = 3
IN_FLIGHT = 16


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    path = tmp_path / "ledger.db"
    store = Store(path)
    for number in range(1, NODES + 1):
        node = abp(number)
        assert node.keys
        devices.add(store, Provisioning(node.dev_eui, "", node.keys), START_MS)
    store.close()
    (tmp_path / "messfunk.toml").write_text(
        f'[store]\npath = "{path}"\n[http]\nbind = "127.0.0.1:0"\n[[source]]\nbind = "127.0.0.1:0"\n'
    )
    return path


@contextmanager
def gateway(ledger: Path) -> Iterator[tuple[subprocess.Popen[str], tuple[str, int]]]:
    """The real command in a process of its own."""
    command = [sys.executable, "-m", "messfunk", "gateway", "--json", "--config"]
    with subprocess.Popen(
        [*command, str(ledger.parent / "messfunk.toml")], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        host, port = json.loads(process.stdout.readline())["udp"].split(":")
        yield process, (host, int(port))


class Load:
    """Honest nodes that keep sending; what is not acknowledged is sent again after the restart."""

    def __init__(self) -> None:
        self.nodes: list[Node] = [abp(number) for number in range(1, NODES + 1)]
        self.acknowledged: set[bytes] = set()
        self.open: dict[int, bytes] = {}
        self._token = 0

    def send_until(self, peer: tuple[str, int], end: float, drain: bool = False) -> None:
        """Keep `IN_FLIGHT` datagrams under way until the instant; `drain`: only what is still open."""
        with socket(AF_INET, SOCK_DGRAM) as air:
            air.settimeout(0.02)
            air.connect(peer)
            for token, phy in self.open.items():
                air.send(push(rxpk(phy), token=token))
            while time.monotonic() < end and (self.open or not drain):
                while len(self.open) < IN_FLIGHT and not drain:
                    self._token = (self._token + 1) % 0x10000
                    node = self.nodes[self._token % NODES]
                    self.open[self._token] = node.uplink(REPORT)
                    air.send(push(rxpk(self.open[self._token]), token=self._token))
                self._receive(air)

    def _receive(self, air: socket) -> None:
        try:
            answer = air.recv(100)
        except (TimeoutError, ConnectionRefusedError):
            return
        assert answer[3] == PUSH_ACK
        self.acknowledged.add(self.open.pop(int.from_bytes(answer[1:3], "big")))


def test_every_acknowledged_uplink_is_stored_exactly_once(ledger: Path) -> None:
    load, chance = Load(), Random(7)
    for _ in range(CRASHES):
        with gateway(ledger) as (process, peer):
            load.send_until(peer, time.monotonic() + chance.uniform(0.15, 0.4))
            process.kill()
            load.send_until(peer, time.monotonic() + 0.05)
        assert process.returncode == -signal.SIGKILL
        assert_stored(ledger, load)
    with gateway(ledger) as (process, peer):
        load.send_until(peer, time.monotonic() + 20, drain=True)
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == 0
    assert load.open == {}
    assert len(load.acknowledged) > 10 * CRASHES, "there was load"
    rows = assert_stored(ledger, load)
    assert len(rows) == len(load.acknowledged)
    with sqlite3.connect(ledger) as db:
        undecoded = db.execute("SELECT count(*) FROM uplink WHERE decoded IS NOT 1").fetchone()[0]
        readings = db.execute("SELECT count(*) FROM reading").fetchone()[0]
        assert db.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
    db.close()
    assert undecoded == 0
    assert readings == 3 * len(rows)


def assert_stored(ledger: Path, load: Load) -> list[bytes]:
    db = sqlite3.connect(ledger)
    stored = [row[0] for row in db.execute("SELECT phy FROM uplink")]
    db.close()
    assert len(stored) == len(set(stored))
    assert load.acknowledged <= set(stored)
    return stored
