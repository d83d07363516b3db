"""The rows of a scenario: every key, its default and its range."""

import hashlib
import re
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from gateway.peers import BrokerConfig
from simulator import parts
from simulator.air import Link
from simulator.propagation import PATH_LOSS
from simulator.reception import INTERFERENCE

_UNITS_S = {"s": 1, "m": 60, "h": 3600, "d": 86400}
BROKER = "broker"  # what a broker_off hits
_GATEWAY_FAULTS = ("gateway_off", "backhaul_off", "replay", "join_flood", "spoofed_gateway")


def duration_s(text: str) -> int:
    """Seconds of a duration such as 90s, 15m, 6h or 3d."""
    found = re.fullmatch(r"(\d+)([smhd])", text)
    if not found:
        raise ValueError(f"{text!r} is not a duration such as 90s, 15m, 6h or 3d")
    return int(found[1]) * _UNITS_S[found[2]]


def _eui(text: str) -> str:
    if not re.fullmatch(r"[0-9a-f]{16}", text):
        raise ValueError("expected 16 lower-case hex digits")
    return text


def _duration(text: str) -> str:
    duration_s(text)
    return text


def _aware(at: datetime) -> datetime:
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _one_of(names: dict[str, object]) -> AfterValidator:
    def check(name: str) -> str:
        if name not in names:
            raise ValueError(f"expected one of {', '.join(sorted(names))}")
        return name

    return AfterValidator(check)


Eui = Annotated[str, AfterValidator(_eui)]
Duration = Annotated[str, AfterValidator(_duration)]
Latitude = Annotated[float, Field(ge=-90, le=90)]
Longitude = Annotated[float, Field(ge=-180, le=180)]
Sensors = Annotated[list[str | dict[str, Any]], AfterValidator(parts.checked)]
Tier = Literal["firmware", "traffic", "micropython"]


class _Row(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class GatewayRow(_Row):
    name: str
    eui: Eui
    lat: Latitude
    lon: Longitude
    backhaul_ms: int = Field(default=30, ge=0, le=2000)
    # The LNS it talks to as a Basics Station, such as ws://127.0.0.1:3001; else it is a packet forwarder.
    basics_station: str | None = Field(default=None, pattern=r"^wss?://[^/\s]+$")


class NodeRow(_Row):
    """`travel_min` and `scale`: when and how strongly the flood passes here; `base_mm`: the dry creek."""

    name: str
    dev_eui: Eui
    lat: Latitude
    lon: Longitude
    mount_mm: int = Field(default=3500, ge=100, le=20000)
    water: Literal["creek", "river"] = "creek"
    base_mm: int = Field(default=300, ge=0, le=10000)
    travel_min: int = Field(default=0, ge=0, le=1440)
    scale: float = Field(default=1.0, ge=0, le=5)
    data_rate: int = Field(default=3, ge=0, le=5)
    tier: Tier = "firmware"
    modem: bool = False  # its way to the air is a RUI3 module with a MAC of its own
    drift_ppm: float = Field(default=0.0, ge=-20000, le=20000)  # of its clock; 10000 is a bare RC oscillator
    marks_mm: list[int] = Field(default=[])  # stages whose crossing somebody should hear of
    sensors: Sensors = Field(default=["a02yyuw", "sht3x"], min_length=1)
    seed: int | None = None  # another one than the scenario's, for this node alone


class FleetRow(_Row):
    """`count` nodes scattered around a place; what else is said holds for each of them."""

    name: str
    count: int = Field(ge=1, le=100_000)
    first_eui: Eui
    lat: Latitude
    lon: Longitude
    radius_m: float = Field(default=1500, gt=0, le=50_000)
    mount_mm: int = Field(default=3500, ge=100, le=20000)
    base_mm: int = Field(default=300, ge=0, le=10000)
    scale: float = Field(default=1.0, ge=0, le=5)
    data_rate: int = Field(default=3, ge=0, le=5)
    tier: Tier = "firmware"
    marks_mm: list[int] = Field(default=[])
    sensors: Sensors = Field(default=["a02yyuw", "sht3x"], min_length=1)


class CreekRow(_Row):
    """`rain_h` and the Nash cascade it runs through; `tide_mm`: the height of a spring tide, 0 inland."""

    peak_mm: int = Field(default=1200, ge=0, le=10000)
    rain_h: list[float] = Field(default=[1.0])  # hours after the start
    reservoir_h: float = Field(default=0.6, gt=0, le=100)
    tide_mm: int = Field(default=0, ge=0, le=10000)
    rain_mm: float = Field(default=30.0, ge=0, le=500)  # of each rain, for who measures it
    csv: str | None = None  # a recording in its place; $VARIABLES are the environment's


class RiverRow(_Row):
    """For nodes with water = "river": waves from far upstream, beginning `wave_h` hours after the start."""

    peak_mm: int = Field(default=1800, ge=0, le=15000)
    wave_h: list[float] = Field(default=[6.0])
    rise_h: float = Field(default=30.0, gt=0, le=500)
    rating: float = Field(default=1.8, ge=1, le=3)  # exponent of the rating curve
    csv: str | None = None


class ClimateRow(_Row):
    """As simulator.weather.Climate says; a `csv` with temperature, humidity or pressure replaces those."""

    mean_c: float = Field(default=11.0, ge=-40, le=50)
    swing_c: float = Field(default=4.5, ge=0, le=30)
    humidity_pct: float = Field(default=78.0, ge=0, le=100)
    swing_pct: float = Field(default=14.0, ge=0, le=50)
    pressure_hpa: float = Field(default=1013.0, ge=800, le=1100)
    swing_hpa: float = Field(default=9.0, ge=0, le=50)
    csv: str | None = None


class NoiseRow(_Row):
    """A street's hum by night and day in dB(A), beside what passes; or the `csv` of a recording (laeq)."""

    night_db: float = Field(default=44.0, ge=20, le=100)
    day_db: float = Field(default=51.0, ge=20, le=100)
    csv: str | None = None


class StormRow(_Row):
    """Rain that crosses the country: who lies further along `bearing_deg` gets it later."""

    bearing_deg: float = Field(ge=0, lt=360)
    speed_kmh: float = Field(gt=0, le=200)


class StreetRow(_Row):
    """Dust; `fireworks`: when they are worst, and how much of it they add then."""

    pm10_ug_m3: float = Field(default=13.0, ge=0, le=1000)
    fireworks: Annotated[datetime, AfterValidator(_aware)] | None = None
    peak_ug_m3: float = Field(default=800.0, ge=0, le=5000)
    decay_h: float = Field(default=2.0, gt=0, le=48)  # 1 to 3 with wind, 6 to 10 in an inversion
    csv: str | None = None  # pm25 and pm10, or P2 and P1 as sensor.community has them


class AirRow(_Row):
    """As simulator.air.Link says."""

    path_loss: Annotated[str, _one_of(dict(PATH_LOSS))] = "oulu"
    shadowing_db: float = Field(default=4.0, ge=0, le=20)
    shadowing_reach_m: float = Field(default=110.0, gt=0, le=10_000)
    fading_db: float = Field(default=2.0, ge=0, le=20)
    noise_figure_db: float = Field(default=6.0, ge=0, le=30)
    interference: Annotated[str, _one_of(dict(INTERFERENCE))] = "croce"
    demodulators: int = Field(default=8, ge=1, le=64)


class LnsRow(_Row):
    """The LNS behind the gateways and the broker it publishes to, as real ones do; without one it counts."""

    type: Literal["chirpstack", "tts"]
    broker: BrokerConfig | None = None  # keys as in a [[source]] of the gateway
    application: str = Field(default="messfunk", pattern="^[^+#/]{1,64}$")  # ChirpStack's id, TTS's name
    qos: int = Field(default=0, ge=0, le=1)  # TTS knows 0 only


class FaultRow(_Row):
    """`what` happens to `target` (a name, or * for all) `at` so long after the start, `lasts` so long."""

    what: Literal[
        "gateway_off", "backhaul_off", "broker_off", "replay", "join_flood", "spoofed_gateway",
        "power_off", "brown_out", "reset", "no_echo", "sensor_off", "stuck_humidity", "drift",
    ]  # fmt: skip
    target: str
    at: Duration
    lasts: Duration | None = None  # to the end of the run

    @property
    def hits_gateway(self) -> bool:
        return self.what in _GATEWAY_FAULTS


class EnergyRow(_Row):
    """Currents in mA; `tx_ma` by dBm as measured on an SX1276 (LoRaSim's table).

    `battery_mah` 0 is a supply that never ends; `panel_ma` is what a solar panel gives at 1000 W/m2.
    """

    battery_mah: float = Field(default=0.0, ge=0)
    panel_ma: float = Field(default=0.0, ge=0)
    cloud: float = Field(default=0.7, ge=0, le=1)
    charge: float = Field(default=1.0, ge=0, le=1)  # at the start

    sleep_ma: float = Field(default=0.02, ge=0)
    awake_ma: float = Field(default=8.0, ge=0)
    rx_ma: float = Field(default=9.7, ge=0)
    tx_ma: dict[str, float] = Field(
        default={"2": 24.0, "4": 24.3, "6": 24.7, "8": 25.0, "10": 31.0, "12": 33.7, "14": 44.0, "16": 75.0}
    )


class Scenario(_Row):
    seed: int = 1
    start: Annotated[datetime, AfterValidator(_aware)] = datetime(2026, 3, 1, 12, tzinfo=UTC)
    duration: Duration = "6h"
    interval_s: int = Field(default=900, ge=30, le=86400)
    stagger_s: int = Field(default=20, ge=0, le=86400)  # within which the nodes are switched on, one by one
    loss: float = Field(default=0.03, ge=0, le=1)  # chance that a link drops a frame, beside the physics
    sensor_noise_mm: float = Field(default=0.0, ge=0, le=100)
    creek: CreekRow = CreekRow()
    storm: StormRow | None = None
    river: RiverRow = RiverRow()
    street: StreetRow = StreetRow()
    climate: ClimateRow = ClimateRow()
    noise: NoiseRow = NoiseRow()
    air: AirRow = AirRow()
    energy: EnergyRow = EnergyRow()
    lns: LnsRow | None = None
    gateway: list[GatewayRow] = Field(min_length=1)
    node: list[NodeRow] = Field(default=[])
    fleet: list[FleetRow] = Field(default=[])
    fault: list[FaultRow] = Field(default=[])

    def app_key(self, dev_eui: str) -> bytes:
        """A key of the simulation's own: from the seed, so that a run can be repeated."""
        return hashlib.sha256(f"messfunk:{self.seed}:{dev_eui}".encode()).digest()[:16]

    def link(self) -> Link:
        return Link(loss=self.loss, **self.air.model_dump())

    def node_seed(self, row: NodeRow) -> int:
        return self.seed if row.seed is None else row.seed
