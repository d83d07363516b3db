"""An uplink and its readings as JSON texts by the names of the HTTP interface; each part is written once.

By hand: an encoder that looks at every value takes longer than all else that is done for an uplink here.
"""

from collections.abc import Iterable
from json import JSONEncoder
from typing import Protocol

from codec.quantities import UNITS
from gateway.model import Reading
from gateway.store.ledger import Heard
from gateway.web.shapes import instant

_quoted = JSONEncoder(ensure_ascii=False).encode
_UNITS = {quantity: _quoted(unit) for quantity, unit in UNITS.items()}


class Frame(Protocol):
    """What an Uplink and a Delivery both have."""

    @property
    def id(self) -> str: ...
    @property
    def dev_eui(self) -> str: ...
    @property
    def dev_addr(self) -> str | None: ...
    @property
    def session_id(self) -> int: ...
    @property
    def fcnt(self) -> int: ...
    @property
    def fport(self) -> int | None: ...
    @property
    def confirmed(self) -> bool: ...
    @property
    def received_at(self) -> int: ...
    @property
    def payload(self) -> bytes: ...


def frame(said: Frame) -> str:
    """The members that every text about an uplink begins with."""
    return (
        f'"id":"{said.id}","dev_eui":"{said.dev_eui}","dev_addr":{text(said.dev_addr)},'
        f'"session_id":{said.session_id},"fcnt":{said.fcnt},"fport":{number(said.fport)},'
        f'"confirmed":{"true" if said.confirmed else "false"},"received_at":"{instant(said.received_at)}",'
        f'"payload":"{said.payload.hex()}"'
    )


def reading(said: Reading) -> str:
    """The members that every text about a reading begins with."""
    return (
        f'"quantity":"{said.quantity}","value":{number(said.value)},"unit":{_UNITS[said.quantity]},'
        f'"fault":{text(said.fault)},"flag":{said.flag},"time":"{instant(said.time)}"'
    )


def reading_of_uplink(said: Reading) -> str:
    """An object of the HTTP interface, which tells of node and uplink, too."""
    return f'{{{reading(said)},"dev_eui":"{said.dev_eui}","uplink_id":"{said.uplink_id}"}}'


def receptions(heard: Iterable[Heard]) -> str:
    return ",".join(
        f'{{"gateway_id":{text(each.gateway_id)},"rssi_dbm":{number(each.rssi_dbm)},'
        f'"snr_db":{number(each.snr_db)},"frequency_hz":{number(each.frequency_hz)},'
        f'"data_rate":{text(each.data_rate)},"tmst":{number(each.tmst)}}}'
        for each in heard
    )


def text(said: str | None) -> str:
    return "null" if said is None else _quoted(said)


def number(said: float | None) -> str:
    """12.0 goes out as 12: the store keeps all values as REAL. What is no number of JSON is refused."""
    if said is None:
        return "null"
    whole = int(said)
    return str(whole) if whole == said else repr(said)
