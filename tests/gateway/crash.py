"""kill -9 at random moments under load: python -m tests.gateway.crash KILLS sqlite|postgres [SEED].

Every acknowledged uplink is in the store once and at a sink by its id; what it left tells what a kill hit.
"""

import json
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from random import Random
from socket import AF_INET, SOCK_DGRAM, socket
from typing import Any

import cbor2

from gateway import devices
from gateway.devices import Provisioning
from gateway.store.database import Connection, Postgres, Where, opened
from gateway.store.ledger import Store
from tests.gateway import postgres
from tests.gateway.desk import START_MS, Node, abp
from tests.gateway.forwarder import PUSH_ACK, push, rxpk

REPORT = cbor2.dumps([0b0000_0000_0100_1010 - 16, -5, 112, 1])
NODES = 8
IN_FLIGHT = 16


class Shelf(ThreadingHTTPServer):
    """A webhook that remembers how often each uplink came."""

    daemon_threads = True

    def __init__(self) -> None:
        self.came: Counter[str] = Counter()
        super().__init__(("127.0.0.1", 0), _Answer)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def handle_error(self, request: object, client_address: object) -> None:
        """The gateway that is killed breaks its connections: that is the game."""


class _Answer(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Shelf

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        for each in body if isinstance(body, list) else [body]:
            self.server.came[each["id"]] += 1
        self.send_response(204)
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        pass


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
            again_at = 0.0
            while time.monotonic() < end and (self.open or not drain):
                if time.monotonic() > again_at:  # what was committed too late is not acknowledged either
                    again_at = time.monotonic() + 1.0
                    for token, phy in self.open.items():
                        air.send(push(rxpk(phy), token=token))
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
        if answer[3] == PUSH_ACK and (phy := self.open.pop(int.from_bytes(answer[1:3], "big"), None)):
            self.acknowledged.add(phy)


class Campaign:
    """One ledger, one shelf, many lives of the gateway."""

    def __init__(self, where: Where, folder: Path, seed: int):
        self.load, self.shelf = Load(), Shelf()
        self._where, self._folder, self._chance = where, folder, Random(seed)
        with closing(Store(where)) as store:
            for number in range(1, NODES + 1):
                node = abp(number)
                assert node.keys
                devices.add(store, Provisioning(node.dev_eui, "", node.keys), START_MS)
        url = f'url = "{where.url}"' if isinstance(where, Postgres) else ""
        path = where if isinstance(where, Path) else folder / "beside.db"
        (folder / "messfunk.toml").write_text(
            f'[store]\npath = "{path}"\n{url}\n'
            '[http]\nbind = "127.0.0.1:0"\n[[source]]\nbind = "127.0.0.1:0"\n'
            f'[[sink]]\ntype = "webhook"\nname = "shelf"\nurl = "http://127.0.0.1:{self.shelf.server_port}/"\n'
        )

    def kill(self) -> str:
        """The stage that it hit."""
        with self._gateway() as (process, peer):
            self.load.send_until(peer, time.monotonic() + self._chance.uniform(0.05, 0.4))
            process.kill()
            self.load.send_until(peer, time.monotonic() + 0.02)
        assert process.returncode == -signal.SIGKILL
        with opened(self._where) as db:
            self._check(db)
            return self._stage(db)

    def end(self) -> int:
        """What is open comes through, and all of it reaches the shelf; how many uplinks came there twice."""
        with self._gateway() as (process, peer):
            self.load.send_until(peer, time.monotonic() + 60, drain=True)
            until = time.monotonic() + 60
            while len(self.shelf.came) < len(self.load.acknowledged) and time.monotonic() < until:
                time.sleep(0.05)
            process.send_signal(signal.SIGINT)
            assert process.wait(20) == 0
        assert self.load.open == {}
        with opened(self._where) as db:
            ids = self._check(db)
            assert len(ids) == len(self.load.acknowledged)
            assert db.execute("SELECT count(*) FROM uplink WHERE decoded IS NULL").fetchone()[0] == 0
            assert db.execute("SELECT count(*) FROM reading").fetchone()[0] == 3 * len(ids)
            assert db.execute("SELECT sum(readings) FROM daily").fetchone()[0] == 3 * len(ids)
        assert set(self.shelf.came) == ids
        self.shelf.shutdown()
        self.shelf.server_close()
        return sum(times > 1 for times in self.shelf.came.values())

    def _check(self, db: Connection) -> set[str]:
        rows = [(row["id"], bytes(row["phy"])) for row in db.execute("SELECT id, phy FROM uplink")]
        stored = {phy for _, phy in rows}
        assert len(stored) == len(rows), "an uplink is stored once"
        assert self.load.acknowledged <= stored, "what is acknowledged is stored"
        return {id_ for id_, _ in rows}

    def _stage(self, db: Connection) -> str:
        stored = {bytes(row["phy"]) for row in db.execute("SELECT phy FROM uplink")}
        if db.execute("SELECT 1 FROM uplink WHERE decoded IS NULL").fetchone():
            return "between ledger and readings"
        if stored - self.load.acknowledged:
            return "between commit and acknowledgement"
        if db.execute("SELECT 1 FROM outbox").fetchone():
            return "between readings and sink"
        return "between datagram and ledger" if self.load.open else "idle"

    @contextmanager
    def _gateway(self) -> Iterator[tuple["subprocess.Popen[str]", tuple[str, int]]]:
        """The real command in a process of its own."""
        command = [sys.executable, "-m", "messfunk", "gateway", "--json", "--config"]
        with (
            (self._folder / "log").open("a") as log,
            subprocess.Popen(
                [*command, str(self._folder / "messfunk.toml")], stdout=subprocess.PIPE, stderr=log, text=True
            ) as process,
        ):
            assert process.stdout
            host, port = json.loads(process.stdout.readline())["udp"].split(":")
            yield process, (host, int(port))


def main(kills: int, database: str, seed: int) -> None:
    with tempfile.TemporaryDirectory() as folder, postgres.server() as server:
        where: Where = Path(folder) / "ledger.db" if database == "sqlite" else server.database()
        campaign = Campaign(where, Path(folder), seed)
        stages: Counter[str] = Counter()
        for number in range(1, kills + 1):
            stage = campaign.kill()
            stages[stage] += 1
            print(f"{number:4} {stage}", flush=True)
        again = campaign.end()
        for stage, count in stages.most_common():
            print(f"{count:4} {stage}")
        count = len(campaign.load.acknowledged)
        print(f"{count} uplinks acknowledged, each once in {database} and at the sink;")
        print(f"{again} came to the sink more than once, by the same id")


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], int((sys.argv[3:] or ["1"])[0]))
