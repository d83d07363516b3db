"""Until when a certificate is good, from its DER (RFC 5280, section 4.1): ssl tells it of peers only."""

import ssl
from datetime import UTC, datetime
from pathlib import Path

_SEQUENCE, _VERSION, _UTC_TIME, _TIME = 0x30, 0xA0, 0x17, 0x18
_FORMS = {_UTC_TIME: "%y%m%d%H%M%SZ", _TIME: "%Y%m%d%H%M%SZ"}
_END = "-----END CERTIFICATE-----"


def ends_ms(file: Path) -> int:
    """Of the first certificate in a PEM file; ValueError when there is none."""
    text = file.read_text("ascii", "replace")
    first = text[text.find("-----BEGIN CERTIFICATE-----") :].partition(_END)[0] + _END
    certificate, _ = _take(ssl.PEM_cert_to_DER_cert(first), _SEQUENCE)
    signed, _ = _take(certificate, _SEQUENCE)
    if signed[:1] == bytes([_VERSION]):
        _, signed = _take(signed, _VERSION)
    for _ in ("serial number", "signature", "issuer"):
        _, signed = _take(signed, signed[0])
    validity, _ = _take(signed, _SEQUENCE)
    _, end = _take(validity, validity[0])
    said, _ = _take(end, end[0])
    moment = datetime.strptime(said.decode("ascii"), _FORMS[end[0]]).replace(tzinfo=UTC)
    return int(moment.timestamp() * 1000)


def _take(der: bytes, tag: int) -> tuple[bytes, bytes]:
    """The content of the first element, and what follows it."""
    if len(der) < 2 or der[0] != tag:
        raise ValueError("no certificate")
    size, at = der[1], 2
    if size & 0x80:
        at += size & 0x7F
        size = int.from_bytes(der[2:at], "big")
    if at + size > len(der):
        raise ValueError("a certificate that is cut off")
    return der[at : at + size], der[at + size :]
