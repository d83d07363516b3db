"""May it join, and with what address and keys?"""

from random import Random

import pytest

from codec.lorawan import join_server
from codec.lorawan.join import JoinAccept
from gateway.model import Device
from gateway.network.join import Admitted, decide, draw_dev_addr, open_session
from gateway.network.uplink import Refused
from tests.gateway.desk import JOIN_EUI, flip, otaa

NODE = otaa(7)
DEVICE = Device(
    dev_eui=NODE.dev_eui,
    name="Aue",
    activation="otaa",
    join_eui=JOIN_EUI,
    app_key=NODE.app_key,
    join_nonce=4,
)
REQUEST = NODE.join_request()
ADMITTED = Admitted(NODE.dev_eui, JOIN_EUI, NODE.app_key, NODE.dev_nonce, 5)


def test_a_right_request_is_admitted_with_the_next_join_nonce() -> None:
    assert decide(REQUEST, DEVICE, is_nonce_used=False) == ADMITTED


ABP = Device(dev_eui=NODE.dev_eui, name="Aue", activation="abp")
ELSEWHERE = Device(
    dev_eui=NODE.dev_eui, name="Aue", activation="otaa", join_eui="00" * 8, app_key=NODE.app_key
)


@pytest.mark.parametrize(
    ("phy", "device", "is_nonce_used", "cause"),
    [
        (REQUEST, None, False, "unknown_device"),
        (REQUEST, ABP, False, "unknown_device"),
        (REQUEST, ELSEWHERE, False, "unknown_device"),
        (flip(REQUEST, 8 * 18), DEVICE, False, "mic"),
        (flip(REQUEST, 8 * 22), DEVICE, False, "mic"),
        (flip(REQUEST, 8 * 18), DEVICE, True, "mic"),
        (REQUEST, DEVICE, True, "dev_nonce"),
    ],
)
def test_a_wrong_request_is_refused(
    phy: bytes, device: Device | None, is_nonce_used: bool, cause: str
) -> None:
    refused = decide(phy, device, is_nonce_used)
    assert isinstance(refused, Refused)
    assert refused.cause == cause


def test_both_ends_derive_the_same_session() -> None:
    accept = JoinAccept(5, 0x13, 0x26011BDA, 0, 3, 2, b"")
    session = open_session(ADMITTED, accept, now=1000)
    NODE.hear_accept(join_server.build_accept(accept, NODE.app_key))
    assert NODE.keys
    assert (session.dev_addr, session.nwk_s_key, session.app_s_key) == (
        NODE.keys.dev_addr,
        NODE.keys.nwk_s_key,
        NODE.keys.app_s_key,
    )
    assert (session.state, session.fcnt_up, session.rx_delay_s, session.rx2_data_rate) == (
        "pending",
        -1,
        2,
        3,
    )


# TS002, DevAddr prefixes: a NetID, and lowest and highest address of its network.
PREFIXES = [
    ("000000", "00000000", "01ffffff"),
    ("000013", "26000000", "27ffffff"),
    ("00003f", "7e000000", "7fffffff"),
    ("200002", "82000000", "82ffffff"),
    ("400001", "c0100000", "c01fffff"),
    ("600001", "e0020000", "e003ffff"),
    ("800001", "f0008000", "f000ffff"),
    ("a00001", "f8002000", "f8003fff"),
    ("c00001", "fc000400", "fc0007ff"),
    ("e00001", "fe000080", "fe0000ff"),
]


@pytest.mark.parametrize(("net_id", "lowest", "highest"), PREFIXES)
def test_an_address_carries_its_network(net_id: str, lowest: str, highest: str) -> None:
    rng = Random(3)
    drawn = [draw_dev_addr(int(net_id, 16), rng) for _ in range(300)]
    assert int(lowest, 16) <= min(drawn)
    assert max(drawn) <= int(highest, 16)
    span = int(highest, 16) - int(lowest, 16)
    assert max(drawn) - min(drawn) > span * 0.8
