"""Scenarios: a TOML file of gateways, nodes and a creek, checked with precise errors."""

import hashlib
import re
import tomllib
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails

_SHIPPED = Path(__file__).parent / "scenarios"
_UNITS_S = {"s": 1, "m": 60, "h": 3600, "d": 86400}


class ScenarioError(Exception):
    """A scenario that cannot be played; the text names file, key and what is expected."""


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


Eui = Annotated[str, AfterValidator(_eui)]
Latitude = Annotated[float, Field(ge=-90, le=90)]
Longitude = Annotated[float, Field(ge=-180, le=180)]


class _Row(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class GatewayRow(_Row):
    name: str
    eui: Eui
    lat: Latitude
    lon: Longitude
    backhaul_ms: int = Field(default=30, ge=0, le=2000)


class NodeRow(_Row):
    """`travel_min` and `scale`: when and how strongly the flood passes here; `base_mm`: the dry creek."""

    name: str
    dev_eui: Eui
    lat: Latitude
    lon: Longitude
    mount_mm: int = Field(default=3500, ge=100, le=20000)
    base_mm: int = Field(default=300, ge=0, le=10000)
    travel_min: int = Field(default=0, ge=0, le=1440)
    scale: float = Field(default=1.0, ge=0, le=5)
    data_rate: int = Field(default=3, ge=0, le=5)


class CreekRow(_Row):
    peak_mm: int = Field(default=1200, ge=0, le=10000)
    rain_h: list[float] = Field(default=[1.0])  # hours after the start


class Scenario(_Row):
    seed: int = 1
    start: Annotated[datetime, AfterValidator(_aware)] = datetime(2026, 3, 1, 12, tzinfo=UTC)
    duration: Annotated[str, AfterValidator(_duration)] = "6h"
    interval_s: int = Field(default=900, ge=30, le=86400)
    loss: float = Field(default=0.03, ge=0, le=1)  # chance that a link drops a frame, beside the physics
    sensor_noise_mm: float = Field(default=0.0, ge=0, le=100)
    creek: CreekRow = CreekRow()
    gateway: list[GatewayRow] = Field(min_length=1)
    node: list[NodeRow] = Field(min_length=1)

    def app_key(self, dev_eui: str) -> bytes:
        """A key of the simulation's own: from the seed, so that a run can be repeated."""
        return hashlib.sha256(f"messfunk:{self.seed}:{dev_eui}".encode()).digest()[:16]


def load(name_or_path: str) -> Scenario:
    """A shipped scenario by name, or a TOML file."""
    path = Path(name_or_path)
    if not path.suffix:
        path = _SHIPPED / f"{name_or_path}.toml"
        if not path.exists():
            known = ", ".join(sorted(file.stem for file in _SHIPPED.glob("*.toml")))
            raise ScenarioError(f"no scenario {name_or_path!r}: shipped are {known}; a file ends in .toml")
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
        scenario = Scenario.model_validate(table)
    except OSError as error:
        raise ScenarioError(f"{path}: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ScenarioError(f"{path}: {error}") from None
    except ValidationError as error:
        raise ScenarioError("\n".join(_explain(path, row) for row in error.errors())) from None
    _refuse_twins(path, scenario)
    return scenario


def _explain(path: Path, error: ErrorDetails) -> str:
    key = ".".join(str(part) for part in error["loc"])
    if error["type"] == "extra_forbidden":
        return f"{path}: {key}: unknown key, remove it or mend its spelling"
    return f"{path}: {key}: {error['msg']}, found {error['input']!r}"


def _refuse_twins(path: Path, scenario: Scenario) -> None:
    for what, euis in (
        ("node.dev_eui", [row.dev_eui for row in scenario.node]),
        ("gateway.eui", [row.eui for row in scenario.gateway]),
    ):
        twins = sorted({eui for eui in euis if euis.count(eui) > 1})
        if twins:
            raise ScenarioError(f"{path}: {what}: {twins[0]} appears twice, each needs its own")
