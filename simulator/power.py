"""A node's supply: primary lithium or a cell with a solar panel, by charge counted and sun computed."""

import math
from dataclasses import dataclass
from itertools import pairwise

_DAY_US = 86_400_000_000
_YEAR_DAYS = 365.25
# State of charge -> open-circuit volts of a lithium-ion cell.
_CURVE = (
    (0.0, 3.0), (0.1, 3.3), (0.2, 3.5), (0.3, 3.6), (0.4, 3.68), (0.5, 3.76),
    (0.6, 3.85), (0.7, 3.95), (0.8, 4.0), (0.9, 4.06), (1.0, 4.2),
)  # fmt: skip
_PRIMARY_V = 3.6
_PRIMARY_KNEE = 0.08  # of its charge, when the plateau ends


def sun_height(at_us: int, lat: float) -> float:
    """Sine of the sun's height over the horizon; solar time is taken for UTC."""
    days = at_us / _DAY_US
    declination = math.radians(-23.44) * math.cos(2 * math.pi * (days % _YEAR_DAYS + 10) / _YEAR_DAYS)
    hour_angle = 2 * math.pi * (days % 1 - 0.5)
    lat_rad = math.radians(lat)
    return math.sin(lat_rad) * math.sin(declination) + math.cos(lat_rad) * math.cos(declination) * math.cos(
        hour_angle
    )


def clear_sky_w_m2(at_us: int, lat: float, cloud: float = 0.0) -> float:
    """Global irradiance (Haurwitz), less what `cloud` from 0 to 1 takes (Kasten and Czeplak)."""
    height = sun_height(at_us, lat)
    if height <= 0:
        return 0.0
    return 1098 * height * math.exp(-0.057 / height) * (1 - 0.75 * math.pow(cloud, 3.4))


def cell_v(charge: float) -> float:
    """Open-circuit voltage of a lithium-ion cell."""
    for (low, low_v), (high, high_v) in pairwise(_CURVE):
        if charge <= high:
            return low_v + (high_v - low_v) * (charge - low) / (high - low)
    return _CURVE[-1][1]


def primary_v(charge: float) -> float:
    """A Li-SOCl2 cell: flat until it is nearly empty."""
    return _PRIMARY_V - (0.0 if charge > _PRIMARY_KNEE else (1 - charge / _PRIMARY_KNEE) * 0.9)


@dataclass
class Battery:
    """`panel_ma` is what the panel gives at 1000 W/m2; 0 makes it a primary cell. Empty, the node is dead."""

    capacity_mah: float
    lat: float
    panel_ma: float = 0.0
    cloud: float = 0.7
    charge: float = 1.0

    def spend(self, mah: float) -> None:
        self.charge = max(0.0, self.charge - mah / self.capacity_mah)

    def shine(self, from_us: int, to_us: int) -> None:
        """What the sun brings meanwhile, in steps of at most an hour."""
        step_us = _DAY_US // 24
        for at_us in range(from_us, to_us, step_us):
            hours = min(step_us, to_us - at_us) / (_DAY_US / 24)
            mah = self.panel_ma * clear_sky_w_m2(at_us, self.lat, self.cloud) / 1000 * hours
            self.charge = min(1.0, self.charge + mah / self.capacity_mah)

    @property
    def volts(self) -> float:
        return cell_v(self.charge) if self.panel_ma else primary_v(self.charge)
