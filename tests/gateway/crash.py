"""kill -9, or the power cut, at random moments under load.

`python -m tests.gateway.crash KILLS sqlite|postgres kill|power [SEED]`. `power` throws away what was written
after the last fsync; PostgreSQL goes down with the gateway. Every acknowledged uplink is in the store once,
at the sink by its id; no downlink counter stands on two frames, no DevNonce gets two accepts. What is left
says which stage was hit.
"""

import base64
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager, nullcontext
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from random import Random
from socket import AF_INET, SOCK_DGRAM, socket
from typing import Any

import cbor2

from codec.lorawan import frames
from gateway import devices
from gateway.devices import Provisioning
from gateway.store.database import Connection, Postgres, Where, opened
from gateway.store.ledger import Store
from tests.gateway import forgetful, postgres
from tests.gateway.desk import START_MS, Node, abp, otaa
from tests.gateway.forgetful import Disk
from tests.gateway.forwarder import PULL_DATA, PULL_RESP, PUSH_ACK, TX_ACK, head, push, rxpk
from tests.gateway.postgres import Server

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
    """Honest nodes that keep sending; what is not acknowledged is sent again after the restart.

    Every third uplink wants an answer, one node joins again and again, somebody replays its requests.
    """

    def __init__(self) -> None:
        self.joiner = otaa(1)
        self.requests: list[bytes] = []  # to join
        self.accepts: set[bytes] = set()
        self.answers: dict[tuple[int, int], set[bytes]] = {}  # DevAddr, downlink counter: frames
        self.nodes: list[Node] = [abp(number) for number in range(1, NODES + 1)]
        self.acknowledged: set[bytes] = set()
        self.open: dict[int, bytes] = {}
        self._token = 0

    def send_until(self, peer: tuple[str, int], end: float, drain: bool = False) -> None:
        """Keep `IN_FLIGHT` datagrams under way until the instant; `drain`: only what is still open."""
        with socket(AF_INET, SOCK_DGRAM) as air:
            air.settimeout(0.02)
            air.connect(peer)
            air.send(head(PULL_DATA))
            if not drain:
                self._join(air)
            again_at = 0.0
            while time.monotonic() < end and (self.open or not drain):
                if time.monotonic() > again_at:  # what was committed too late is not acknowledged either
                    again_at = time.monotonic() + 1.0
                    for token, phy in self.open.items():
                        air.send(push(rxpk(phy), token=token))
                while len(self.open) < IN_FLIGHT and not drain:
                    self._token = (self._token + 1) % 0x10000
                    node = self.nodes[self._token % NODES]
                    self.open[self._token] = node.uplink(REPORT, confirmed=self._token % 3 == 0)
                    air.send(push(rxpk(self.open[self._token]), token=self._token))
                self._receive(air)

    def _receive(self, air: socket) -> None:
        try:
            answer = air.recv(4096)
        except (TimeoutError, ConnectionRefusedError):
            return
        if answer[3] == PULL_RESP:
            self._hear(air, answer)
        elif answer[3] == PUSH_ACK and (phy := self.open.pop(int.from_bytes(answer[1:3], "big"), None)):
            self.acknowledged.add(phy)

    def _join(self, air: socket) -> None:
        """With a new DevNonce, and with all that were used."""
        self.requests.append(self.joiner.join_request())
        for phy in self.requests:
            air.send(push(rxpk(phy), token=0))

    def _hear(self, air: socket, answer: bytes) -> None:
        phy = base64.b64decode(json.loads(answer[4:])["txpk"]["data"])
        air.send(head(TX_ACK, int.from_bytes(answer[1:3], "big")))
        if frames.mtype(phy) == frames.JOIN_ACCEPT:
            self.accepts.add(phy)
            return
        frame = frames.parse(phy)
        self.answers.setdefault((frame.dev_addr, frame.fcnt), set()).add(phy)


class Campaign:
    """One ledger, one shelf, many lives of the gateway; with a disk each ends in a power cut."""

    def __init__(
        self, where: Where, folder: Path, seed: int, disk: Disk | None = None, server: Server | None = None
    ):
        self.load, self.shelf = Load(), Shelf()
        self._disk, self._server = disk, server
        self._where, self._folder, self._chance = where, folder, Random(seed)
        with closing(Store(where)) as store:
            for number in range(1, NODES + 1):
                node = abp(number)
                assert node.keys
                devices.add(store, Provisioning(node.dev_eui, "", node.keys), START_MS)
            joiner = self.load.joiner
            devices.add(store, Provisioning(joiner.dev_eui, "", joiner.otaa), START_MS)
        url = f'url = "{where.url}"' if isinstance(where, Postgres) else ""
        path = where if isinstance(where, Path) else folder / "beside.db"
        (folder / "messfunk.toml").write_text(
            f'[store]\npath = "{path}"\n{url}\n'
            '[http]\nbind = "127.0.0.1:0"\n[[source]]\nbind = "127.0.0.1:0"\n'
            f'[[sink]]\ntype = "webhook"\nname = "shelf"\nurl = "http://127.0.0.1:{self.shelf.server_port}/"\n'
        )

    def kill(self) -> str:
        """The stage that it hit."""
        if self._disk:
            self._begin(self._disk)
        with self._gateway() as (process, peer):
            self.load.send_until(peer, time.monotonic() + self._chance.uniform(0.05, 0.9))
            process.kill()
            self.load.send_until(peer, time.monotonic() + 0.02)
        assert process.returncode == -signal.SIGKILL
        if self._disk:
            self._lose(self._disk)
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

    def _begin(self, disk: Disk) -> None:
        if self._server:
            self._server.stop("fast")
        disk.begin()
        if self._server:
            self._server.environment = disk.environment
            self._server.start()

    def _lose(self, disk: Disk) -> None:
        if self._server:
            self._server.kill()
        disk.lose()
        if self._server:
            (disk.folder / "postmaster.pid").unlink(missing_ok=True)
            self._server.environment = {}
            self._server.start()

    def _check(self, db: Connection) -> set[str]:
        rows = [(row["id"], bytes(row["phy"])) for row in db.execute("SELECT id, phy FROM uplink")]
        stored = {phy for _, phy in rows}
        assert all(len(phys) == 1 for phys in self.load.answers.values()), "a downlink counter is used once"
        wanted = (self.load.joiner.dev_eui,)
        sessions = db.execute("SELECT count(*) FROM session WHERE dev_eui = ?", wanted).fetchone()[0]
        nonces = db.execute("SELECT count(*) FROM dev_nonce WHERE dev_eui = ?", wanted).fetchone()[0]
        assert len(self.load.accepts) <= sessions == nonces, "a DevNonce is accepted once"
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
        forgetful = self._disk.environment if self._disk and not self._server else {}
        with (
            (self._folder / "log").open("a") as log,
            subprocess.Popen(
                [*command, str(self._folder / "messfunk.toml")],
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                env={**os.environ, **forgetful},
            ) as process,
        ):
            assert process.stdout
            host, port = json.loads(process.stdout.readline())["udp"].split(":")
            try:
                yield process, (host, int(port))
            finally:
                process.kill()


@contextmanager
def prepared(folder: Path, database: str, end: str, seed: int) -> Iterator[Campaign]:
    """`end` is kill or power."""
    settings = postgres.DURABLE if end == "power" else ""
    with postgres.server(settings) if database == "postgres" else nullcontext() as server:
        (folder / "ledger").mkdir()
        where: Where = server.database() if server else folder / "ledger" / "ledger.db"
        lost = Path(server.data) if server else folder / "ledger"
        disk = Disk(lost, forgetful.build(folder)) if end == "power" else None
        yield Campaign(where, folder, seed, disk, server)


def main(kills: int, database: str, end: str, seed: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)  # PostgreSQL's user loads the library from there
        with prepared(Path(folder), database, end, seed) as campaign:
            stages: Counter[str] = Counter()
            for number in range(1, kills + 1):
                stage = campaign.kill()
                stages[stage] += 1
                print(f"{number:4} {stage}", flush=True)
            again = campaign.end()
    for stage, count in stages.most_common():
        print(f"{count:4} {stage}")
    load = campaign.load
    print(f"{len(load.acknowledged)} uplinks acknowledged, each once in {database} and at the sink;")
    print(f"{again} came to the sink more than once, by the same id;")
    joins = f"{len(load.accepts)} of {len(load.requests)} joins accepted"
    print(f"{len(load.answers)} downlink counters, {joins}, none twice")


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], sys.argv[3], int((sys.argv[4:] or ["1"])[0]))
