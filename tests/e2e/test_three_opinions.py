"""One report of level, temperature and battery: at most 11 bytes, three independent opinions on its frame."""

from pathlib import Path

import cbor2

from codec import report
from codec.lorawan import frames
from gateway import devices
from gateway.model import Reception
from simulator.clock import VirtualClock
from simulator.forwarder import UdpGateway
from simulator.inprocess import GatewayClock, gateway
from tests.judges import lora_packet

NWK_S_KEY = bytes(range(16))
APP_S_KEY = bytes(range(16, 32))
DEV_ADDR = 0x26011BDA
DEV_EUI = "0200006d66000001"
VALUES = {"distance": 1234, "temperature": 123, "battery": 371}

PAYLOAD = report.encode(VALUES)
FRAME = frames.build(
    frames.Plain(frames.UNCONFIRMED_UP, DEV_ADDR, 0, 412, b"", 1, PAYLOAD), NWK_S_KEY, APP_S_KEY
)


def test_the_report_fits_the_smallest_data_rate_there_is() -> None:
    assert len(PAYLOAD) <= 11  # US915 DR0


def test_lora_packet_finds_the_mic_good_and_decrypts_the_same_payload() -> None:
    keys = {"nwk_s_key": NWK_S_KEY.hex(), "app_s_key": APP_S_KEY.hex()}
    bent = FRAME[:-1] + bytes([FRAME[-1] ^ 1])
    good, bad = lora_packet([{"phy": FRAME.hex(), **keys}, {"phy": bent.hex(), **keys}])
    assert (good["mic_ok"], good["fcnt"], good["fport"], good["dev_addr"]) == (True, 412, 1, "26011bda")
    assert good["payload"] == PAYLOAD.hex()
    assert not bad["mic_ok"]


def test_cbor2_reads_an_array_of_integers_and_would_write_the_same_bytes() -> None:
    items = cbor2.loads(PAYLOAD)
    assert isinstance(items, list) and all(isinstance(item, int) for item in items)
    assert len(items) == 1 + len(VALUES)
    assert cbor2.dumps(items, canonical=True) == PAYLOAD


async def test_our_gateway_stores_what_the_node_measured(tmp_path: Path) -> None:
    clock = GatewayClock(VirtualClock(1_772_366_400_000_000))
    keys = devices.AbpKeys(f"{DEV_ADDR:08x}", NWK_S_KEY, APP_S_KEY)
    async with gateway(clock, tmp_path / "g.db", seed=1) as app:
        devices.add(app.store, devices.Provisioning(DEV_EUI, "Aue", keys, mount_mm=4200), clock.now_ms())
        forwarder = UdpGateway("aa555a0000000101", lambda _: None)
        assert await forwarder.start(app.udp_address)
        heard = Reception("aa555a0000000101", 0, FRAME, 868_100_000, "SF9BW125", -101, 5.5, 1)
        assert await forwarder.push([heard])
        forwarder.stop()
        stored = app.store.connection.execute(
            "SELECT quantity, value FROM reading ORDER BY quantity"
        ).fetchall()
    assert [tuple(row) for row in stored] == [
        ("battery", 3.71),
        ("distance", 1234.0),
        ("level", 2966.0),
        ("temperature", 12.3),
    ]
