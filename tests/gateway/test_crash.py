"""kill -9 and power cuts under load, a few of each with each database: `make crash` does many more."""

import base64
import json
import time
from contextlib import closing
from pathlib import Path
from socket import AF_INET, SOCK_DGRAM, socket

import pytest

from codec.lorawan import frames
from gateway import devices
from gateway.config import Address
from gateway.devices import Provisioning
from gateway.store.ledger import Store
from tests.gateway.crash import prepared
from tests.gateway.desk import START_MS, abp
from tests.gateway.forwarder import PULL_DATA, PULL_RESP, head, push, rxpk
from tests.gateway.lives import Lives

KILLS = 2


@pytest.mark.parametrize("end", ["kill", "power"])
@pytest.mark.parametrize("database", ["sqlite", "postgres"])
def test_every_acknowledged_uplink_is_stored_and_delivered_once(
    tmp_path: Path, database: str, end: str
) -> None:
    with prepared(tmp_path, database, end, seed=7) as campaign:
        for _ in range(KILLS):
            campaign.kill()
        campaign.end()
    assert len(campaign.load.acknowledged) > 5 * KILLS, "there was load"


def test_what_is_repeated_across_a_kill_is_answered_with_the_same_bytes(tmp_path: Path) -> None:
    node, config = abp(1), tmp_path / "messfunk.toml"
    assert node.keys
    with closing(Store(tmp_path / "ledger.db")) as store:
        devices.add(store, Provisioning(node.dev_eui, "Aue", node.keys), START_MS)
    config.write_text(
        f'[store]\npath = "{tmp_path / "ledger.db"}"\n[network]\ndedup_ms = 20\n'
        '[http]\nbind = "127.0.0.1:0"\n[[source]]\nbind = "127.0.0.1:0"\n'
    )
    lives, phy = Lives(tmp_path / "log", {}), node.uplink(confirmed=True)
    first = lives.begin(config)
    answer = answered(first.udp, phy)
    first.kill()
    assert first.ended() == -9
    second = lives.begin(config)
    assert answered(second.udp, phy) == answer
    following = answered(second.udp, node.uplink(confirmed=True))
    second.stop()
    assert second.ended() == 0
    lives.close()
    assert [frames.parse(each).fcnt for each in (answer, following)] == [0, 16]


def answered(gateway: Address, phy: bytes) -> bytes:
    """Sent until an answer comes: while the node's windows are open the same bytes are a copy."""
    with socket(AF_INET, SOCK_DGRAM) as air:
        air.settimeout(0.5)
        air.connect(gateway)
        end = time.monotonic() + 120
        while time.monotonic() < end:
            air.send(head(PULL_DATA))
            air.send(push(rxpk(phy, tmst=time.monotonic_ns() // 1000 % 2**32)))
            try:
                while (datagram := air.recv(4096))[3] != PULL_RESP:
                    pass
            except TimeoutError:
                continue
            return base64.b64decode(json.loads(datagram[4:])["txpk"]["data"])
    raise AssertionError("no answer came")
