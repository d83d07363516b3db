"""May it join, and with what session? Decided on values alone (TS001-1.0.4 section 6.2)."""

from dataclasses import dataclass, field
from random import Random

from codec.lorawan import crypto, join_server
from codec.lorawan.join import JoinAccept
from gateway.model import Device, Session
from gateway.network.uplink import Refused, Whose

# Bits of the NwkID by the NetID's type, its three top bits (TS002, DevAddr assignment).
_NWK_ID_BITS = (6, 6, 9, 11, 12, 13, 15, 17)


@dataclass(frozen=True, slots=True)
class Admitted:
    """A device that may join, with its AppKey and the nonces of both sides."""

    dev_eui: str
    join_eui: str
    app_key: bytes = field(repr=False)
    dev_nonce: int
    join_nonce: int


def decide(phy: bytes, device: Device | None, is_nonce_used: bool) -> Admitted | Refused:
    """`device` is the one with the request's DevEUI, `is_nonce_used` whether it ever used this DevNonce."""
    request = join_server.parse_request(phy)
    dev_eui, join_eui = request.dev_eui.hex(), request.join_eui.hex()
    if device is None or device.app_key is None or device.join_eui != join_eui:
        return Refused("unknown_device", f"no OTAA device {dev_eui} with this JoinEUI")
    if not join_server.request_mic_fits(phy, device.app_key):
        return Refused("mic", f"the join-request of {dev_eui} does not fit its AppKey", Whose(dev_eui))
    if is_nonce_used:
        told = Whose(dev_eui, fcnt=request.dev_nonce)
        return Refused("dev_nonce", f"{dev_eui} used DevNonce {request.dev_nonce} before", told)
    return Admitted(dev_eui, join_eui, device.app_key, request.dev_nonce, device.join_nonce + 1)


def draw_dev_addr(net_id: int, rng: Random) -> int:
    """An address of the network: the NetID's type in unary, its NwkID, then chance."""
    kind = net_id >> 21
    nwk_id_bits = _NWK_ID_BITS[kind]
    free_bits = 31 - kind - nwk_id_bits
    prefix = (1 << kind + 1) - 2
    nwk_id = net_id & (1 << nwk_id_bits) - 1
    return (prefix << nwk_id_bits | nwk_id) << free_bits | rng.getrandbits(free_bits)


def open_session(admitted: Admitted, accept: JoinAccept, now: int) -> Session:
    """The session both ends derive; pending until an uplink proves that the device heard the accept."""
    nwk_s_key, app_s_key = crypto.session_keys(
        admitted.app_key, accept.join_nonce, accept.net_id, admitted.dev_nonce
    )
    return Session(
        id=0,
        dev_eui=admitted.dev_eui,
        dev_addr=f"{accept.dev_addr:08x}",
        nwk_s_key=nwk_s_key,
        app_s_key=app_s_key,
        state="pending",
        fcnt_up=-1,
        fcnt_down=0,
        rx_delay_s=accept.rx_delay_s,
        rx1_dr_offset=accept.rx1_dr_offset,
        rx2_data_rate=accept.rx2_data_rate,
        created_at=now,
    )
