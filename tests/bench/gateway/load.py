"""So many uplinks a second for a minute: python -m tests.bench.gateway.load --rate 1000 --nodes 500.

When a PUSH_ACK came, the rows were on disk: its delay bounds that from datagram to row. Memory is read each
second; what was acknowledged is looked for in the store at the end.
"""

import argparse
import os
import statistics
import tempfile
import threading
import time
from pathlib import Path
from socket import AF_INET, SOCK_DGRAM, socket

from gateway.store.database import opened
from tests.bench.gateway.__main__ import gateway, pull
from tests.bench.gateway.fleet import datagrams, register, token_of
from tests.bench.gateway.process import usage
from tests.gateway.broker import mosquitto
from tests.gateway.forwarder import PUSH_ACK

_SETTLE_S = 5


class Offered:
    """Sent on time whether or not the gateway keeps up, as nodes do; nothing is sent again."""

    def __init__(self, peer: tuple[str, int]):
        self._socket = socket(AF_INET, SOCK_DGRAM)
        self._socket.connect(peer)
        self._socket.settimeout(0.2)
        self.sent_at: list[float] = []
        self.delays_ms: dict[int, float] = {}
        self._is_over = False

    def run(self, prepared: list[bytes], rate: float, each_second: list[float], pid: int) -> None:
        listening = threading.Thread(target=self._listen)
        listening.start()
        began = time.monotonic()
        for number, datagram in enumerate(prepared):
            ahead_s = began + number / rate - time.monotonic()
            if ahead_s > 0:
                time.sleep(ahead_s)
            self.sent_at.append(time.monotonic())
            self._socket.send(datagram)
            if number % round(rate) == 0:
                each_second.append(usage(pid).memory_mb)
        time.sleep(_SETTLE_S)
        self._is_over = True
        listening.join()
        self._socket.close()

    def _listen(self) -> None:
        while not self._is_over:
            try:
                answer = self._socket.recv(4096)
            except TimeoutError:
                continue
            now = time.monotonic()
            if answer[3] == PUSH_ACK:
                self._note(token_of(answer), now)

    def _note(self, token: int, now: float) -> None:
        """Tokens have 16 bits: it is the newest with this one."""
        number = token + (len(self.sent_at) - 1 - token) // 0x10000 * 0x10000
        self.delays_ms.setdefault(number, 1000 * (now - self.sent_at[number]))


def main(rate: float, nodes: int, seconds: int, registered: int) -> None:
    with tempfile.TemporaryDirectory() as home, mosquitto(Path(home), "allow_anonymous true") as broker:
        folder = Path(home) / "gateway"
        folder.mkdir()
        made = register(folder / "messfunk.db", max(nodes, registered))[:nodes]
        prepared = list(datagrams(made, round(rate * seconds / nodes)))
        memory: list[float] = []
        with gateway(folder, broker) as (pid, peer):
            pull(peer)
            before = usage(pid)
            offered = Offered(peer)
            offered.run(prepared, rate, memory, pid)
            spent_s = usage(pid).processor_s - before.processor_s
        with opened(folder / "messfunk.db") as db:
            stored = db.execute("SELECT count(*) FROM uplink").fetchone()[0]
            decoded = db.execute("SELECT count(*) FROM uplink WHERE decoded = 1").fetchone()[0]
    delays = sorted(offered.delays_ms.values()) or [float("inf")]
    p50, p99 = statistics.median(delays), delays[round(len(delays) * 0.99) - 1]
    print(
        f"{len(prepared)} offered, {len(offered.delays_ms)} acknowledged, {stored} stored, {decoded} decoded"
    )
    print(f"lost after PUSH_ACK: {max(0, len(offered.delays_ms) - stored)}")
    print(f"datagram to PUSH_ACK: p50 {p50:.0f} ms, p99 {p99:.0f} ms, longest {delays[-1]:.0f} ms")
    first, half, last = (round(memory[at]) for at in (0, len(memory) // 2, -1))
    print(f"memory: {first} MB at first, {half} halfway, {last} at the end")
    print(f"{spent_s:.1f} s of processor, load of the machine {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=float, default=1000)
    parser.add_argument("--nodes", type=int, default=500)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument(
        "--registered", type=int, default=0, help="so many nodes in the store, most of them silent"
    )
    given = parser.parse_args()
    main(given.rate, given.nodes, given.seconds, given.registered)
