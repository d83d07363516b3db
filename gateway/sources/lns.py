"""What an LNS tells of a node whose frames it has checked and decrypted for us, and what we tell it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Hearing:
    """One gateway's hearing; its EUI, or its name where the LNS tells no EUI."""

    gateway_id: str
    rssi_dbm: float | None
    snr_db: float | None


@dataclass(frozen=True, slots=True)
class LnsJoin:
    """A node has joined at the LNS; `time_ms` None when the LNS does not say when."""

    dev_eui: str
    name: str
    dev_addr: str | None
    time_ms: int | None
    route: str


@dataclass(frozen=True, slots=True)
class LnsUplink:
    """A decrypted frame. `route` is the topic under which the LNS takes downlinks for the node."""

    dev_eui: str
    name: str
    dev_addr: str | None
    fcnt: int
    fport: int | None
    confirmed: bool
    payload: bytes
    time_ms: int | None
    frequency_hz: int | None
    data_rate: str | None
    hearings: tuple[Hearing, ...]
    route: str
    simulated: bool = False


@dataclass(frozen=True, slots=True)
class LnsDownlink:
    """What an LNS shall send to a node with its next opportunity."""

    route: str
    fport: int
    payload: bytes
    confirmed: bool
    reference: str


@dataclass(frozen=True, slots=True)
class LnsAnswer:
    """What became of a downlink: `outcome` in a word, `reference` the LNS's or ours if it gives that back.

    An LNS that sends one after the other and names none means the oldest it was handed: `is_oldest`.
    """

    dev_eui: str
    outcome: str
    reference: str | None
    is_oldest: bool = False


Message = LnsUplink | LnsJoin | LnsAnswer
