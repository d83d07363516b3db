"""Join-request, join-accept (TS001-1.0.4 section 6.2), the node's half. EUIs: most significant byte first."""

from collections import namedtuple

from codec.lorawan import aes, crypto, frames
from codec.wire import Reader, WireError

JoinRequest = namedtuple("JoinRequest", ("join_eui", "dev_eui", "dev_nonce"))

# `rx1_dr_offset`, `rx2_data_rate`: DLSettings; `rx_delay_s` 1..15; `cf_list` is empty or its 16 bytes.
JoinAccept = namedtuple(
    "JoinAccept",
    ("join_nonce", "net_id", "dev_addr", "rx1_dr_offset", "rx2_data_rate", "rx_delay_s", "cf_list"),
)


def build_request(request: JoinRequest, app_key: bytes) -> bytes:
    body = bytes([frames.JOIN_REQUEST << 5]) + reverse(request.join_eui) + reverse(request.dev_eui)
    body += request.dev_nonce.to_bytes(2, "little")
    return body + crypto.cmac(app_key, body)[:4]


def open_accept(phy: bytes, app_key: bytes) -> JoinAccept:
    """Decrypt a join-accept and check its MIC; WireError when it is not for this key."""
    if frames.mtype(phy) != frames.JOIN_ACCEPT:
        raise WireError("not a join-accept")
    if len(phy) not in (17, 33):  # a 29-byte accept has been seen in the field: no whole AES blocks
        raise WireError("a join-accept has 17 or 33 bytes")
    body = aes.block(app_key).encrypt(phy[1:])
    if crypto.cmac(app_key, phy[:1] + body[:-4])[:4] != body[-4:]:
        raise WireError("the join-accept's MIC does not fit the AppKey")
    r = Reader(body[:-4])
    join_nonce, net_id, dev_addr, settings, delay = r.uint(3), r.uint(3), r.uint(4), r.uint(1), r.uint(1)
    return JoinAccept(
        join_nonce,
        net_id,
        dev_addr,
        settings >> 4 & 0x07,
        settings & 0x0F,
        (delay & 0x0F) or 1,
        r.take(r.left()),
    )


def reverse(eui: bytes) -> bytes:
    """EUIs travel least significant byte first."""
    if len(eui) != 8:
        raise WireError(f"an EUI has 8 bytes, not {len(eui)}")
    return bytes([eui[7 - i] for i in range(8)])
