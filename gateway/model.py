"""The values that travel through the gateway: unchangeable, typed, in the field's own terms.

Times are integer milliseconds since 1970 (UTC); EUIs and DevAddr lower-case hex as people read them.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, Protocol


class GatewayError(Exception):
    """Root of what the gateway refuses; the text names the thing and the next step."""

    @property
    def text(self) -> str:
        """Perhaps a `words.Said`, which can be told in other languages."""
        return self.args[0] if self.args and isinstance(self.args[0], str) else str(self)


class NotFoundError(GatewayError):
    """What is asked for does not exist."""


class ConflictError(GatewayError):
    """What is asked for does not fit what there is already."""


class Clock(Protocol):
    """Time, handed in. The simulator's clock stands still while a called action is at work."""

    def now_ms(self) -> int: ...

    def call_at(self, when_ms: int, action: Callable[[], Awaitable[None]]) -> None:
        """Run `action` once `now_ms()` has reached `when_ms`."""


class Reception(NamedTuple):
    """One gateway's hearing of one frame, as a source delivers it."""

    gateway_id: str
    received_at: int
    phy: bytes
    frequency_hz: int
    data_rate: str
    rssi_dbm: float | None
    snr_db: float | None
    tmst: int


@dataclass(frozen=True, slots=True)
class Device:
    """A registered node. `app_key` is None unless it joins here; where it hangs says its Installation."""

    dev_eui: str
    name: str
    activation: Literal["otaa", "abp", "lns"]
    join_eui: str | None = None
    app_key: bytes | None = field(default=None, repr=False)
    join_nonce: int = 0
    created_at: int = 0
    archived_at: int | None = None
    group_name: str | None = None


@dataclass(frozen=True, slots=True)
class Site:
    """Where is measured; what is not published nobody sees without a token."""

    id: str
    name: str
    lat: float | None = None
    lon: float | None = None
    published: bool = False
    blur_m: Literal[0, 100] = 0
    water: str | None = None
    note: str | None = None
    created_at: int = 0


class GaugeZero(NamedTuple):
    """The height of a site's gauge zero over NHN from a date on, until the next one."""

    from_ms: int
    over_nhn_mm: int


@dataclass(frozen=True, slots=True)
class Installation:
    """A device measures at a site from `from_ms` until before `to_ms`, None while it goes on.

    `mount_mm` is the sensor's height over the gauge zero, None until it is surveyed; `lat` and `lon` are None
    where the sensor is at the site's own position.
    """

    site_id: str
    dev_eui: str
    from_ms: int
    to_ms: int | None = None
    mount_mm: int | None = None
    lat: float | None = None
    lon: float | None = None
    id: int = 0


RX2_OF_REGION = -1  # as `rx2_data_rate` of a session: an ABP node that was told no other


class Session(NamedTuple):
    """Keys and counters of one activation; `id` grows with each join, ABP provisioning or reset.

    `link` and `heard` are gateway.network's: what the node has answered, how its last frames were heard.
    """

    id: int
    dev_eui: str
    dev_addr: str
    nwk_s_key: bytes
    app_s_key: bytes
    state: Literal["pending", "active", "ended"]
    fcnt_up: int
    fcnt_down: int
    rx_delay_s: int
    rx1_dr_offset: int
    rx2_data_rate: int
    created_at: int
    link: str = ""
    heard: bytes = b""

    def __repr__(self) -> str:
        """Without its keys."""
        return f"Session({self.id} of {self.dev_eui}, {self.state}, FCnt {self.fcnt_up})"


class Uplink(NamedTuple):
    """A frame that passed MIC and counter, decrypted. An LNS gives no `phy` and not always the address."""

    id: str
    session_id: int
    dev_eui: str
    dev_addr: str | None
    fcnt: int
    fport: int | None
    confirmed: bool
    received_at: int
    phy: bytes
    payload: bytes


class Reading(NamedTuple):
    """One value of one quantity, in the quantity's unit; `value` is None exactly when `fault` names why."""

    dev_eui: str
    quantity: str
    time: int
    value: float | None
    fault: str | None
    flag: int
    uplink_id: str


@dataclass(frozen=True, slots=True)
class Opening:
    """The windows, each a data rate and Hz, that a node opens `delay_s` after the uplink heard at `tmst`."""

    tmst: int
    delay_s: int
    rx1: tuple[int, int] | None
    rx2: tuple[int, int] | None


@dataclass(frozen=True, slots=True)
class Downlink:
    """A frame to transmit through one gateway, `tmst` in its own counter's microseconds; None: at once.

    `opening` is for gateways that choose between the windows themselves.
    """

    gateway_id: str
    phy: bytes
    frequency_hz: int
    data_rate: str
    power_dbm: int
    tmst: int | None
    opening: Opening | None = None


class Told(Protocol):
    """Who sends a downlink and waits for what becomes of it."""

    def __call__(self, error: str | None, round_trip_ms: int, in_second: bool = False) -> None:
        """Why the gateway will not send, or None; how long its word takes; whether RX2 had to do."""
