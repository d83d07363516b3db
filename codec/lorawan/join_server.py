"""Join-request and join-accept (TS001-1.0.4 section 6.2), the network's half, which no node loads."""

from codec.lorawan import aes, crypto, frames
from codec.lorawan.join import JoinAccept, JoinRequest, reverse
from codec.wire import Reader, WireError


def parse_request(phy: bytes) -> JoinRequest:
    """Fields of a join-request; its MIC is not checked."""
    if frames.mtype(phy) != frames.JOIN_REQUEST:
        raise WireError("not a join-request")
    r = Reader(phy)
    r.take(1)
    request = JoinRequest(reverse(r.take(8)), reverse(r.take(8)), r.uint(2))
    r.take(4)
    r.end()
    return request


def request_mic_fits(phy: bytes, app_key: bytes) -> bool:
    return crypto.cmac(app_key, phy[:-4])[:4] == phy[-4:]


def build_accept(accept: JoinAccept, app_key: bytes) -> bytes:
    """The join-accept as it goes on air: AES runs backwards here, so that a device only encrypts (6.2.6)."""
    mhdr = bytes([frames.JOIN_ACCEPT << 5])
    body = accept.join_nonce.to_bytes(3, "little") + accept.net_id.to_bytes(3, "little")
    body += accept.dev_addr.to_bytes(4, "little")
    body += bytes([accept.rx1_dr_offset << 4 | accept.rx2_data_rate, accept.rx_delay_s]) + accept.cf_list
    if len(accept.cf_list) not in (0, 16):
        raise WireError(f"a CFList has 16 bytes, not {len(accept.cf_list)}")
    return mhdr + aes.decrypt(app_key, body + crypto.cmac(app_key, mhdr + body)[:4])
