"""The world of a scenario: which water, air and sound each node finds, generated or from recordings."""

import os
from dataclasses import replace
from pathlib import Path

from simulator import series
from simulator.rows import NodeRow, Scenario
from simulator.series import Series, WorldError
from simulator.street import Dust, Noise
from simulator.weather import Climate, Rain
from simulator.world import HOUR_US, GeneratedCreek, River, Water, read_creek

_PM25, _PM10 = ("pm25", "P2"), ("pm10", "P1")  # the second as sensor.community calls them
_LAEQ = ("laeq", "LEQ dB -A")
_CLIMATE = (("temperature",), ("humidity",), ("pressure",))
_MINUTE_US = 60_000_000


class World:
    """`creek` replaces the scenario's own. What nodes share is made once."""

    def __init__(self, scenario: Scenario, start_us: int, creek: Water | None = None):
        self._scenario = scenario
        self._start_us = start_us
        self._creek = creek or _water(scenario.creek.csv)
        self._river = _water(scenario.river.csv)
        self.street = self._dust()
        self.weather = self._climate()
        path = _path(scenario.noise.csv)
        self._noise = series.read(path, _LAEQ) if path else None

    def water(self, row: NodeRow) -> Water:
        """What a node hangs over: the flood reaches each at its own time and strength."""
        late_us = self._start_us + row.travel_min * _MINUTE_US
        if row.water == "river":
            river = self._scenario.river
            waves_us = tuple(late_us + round(hour * HOUR_US) for hour in river.wave_h)
            peak_mm = round(river.peak_mm * row.scale)
            return self._river or River(row.base_mm, peak_mm, waves_us, river.rise_h, river.rating)
        creek = self._scenario.creek
        rains_us = tuple(late_us + round(hour * HOUR_US) for hour in creek.rain_h)
        peak_mm = round(creek.peak_mm * row.scale)
        return self._creek or GeneratedCreek(row.base_mm, peak_mm, rains_us, creek.reservoir_h, creek.tide_mm)

    def noise(self, row: NodeRow) -> Noise:
        sound = self._scenario.noise
        return Noise(
            f"{self._scenario.node_seed(row)}:{row.dev_eui}",
            sound.night_db,
            sound.day_db,
            self._fireworks_us(),
            self._noise,
        )

    def rain(self) -> Rain:
        creek = self._scenario.creek
        return Rain(tuple(self._start_us + round(hour * HOUR_US) for hour in creek.rain_h), creek.rain_mm)

    def _dust(self) -> Dust:
        street = self._scenario.street
        path = _path(street.csv)
        recorded = (series.read(path, _PM25), series.read(path, _PM10)) if path else None
        return Dust(street.pm10_ug_m3, self._fireworks_us(), street.peak_ug_m3, street.decay_h, recorded)

    def _climate(self) -> Climate:
        row = self._scenario.climate
        generated = Climate(**row.model_dump(exclude={"csv"}))
        path = _path(row.csv)
        if path is None:
            return generated
        found: list[Series | None] = [
            series.read(path, names) if series.has(path, names) else None for names in _CLIMATE
        ]
        if not any(found):
            names = ", ".join(names[0] for names in _CLIMATE)
            raise WorldError(f"{path}:1: needs at least one column of {names}")
        temperature, humidity, pressure = found
        return replace(generated, recorded=(temperature, humidity, pressure))

    def _fireworks_us(self) -> int | None:
        at = self._scenario.street.fireworks
        return round(at.timestamp() * 1e6) if at else None


def _water(csv: str | None) -> Water | None:
    path = _path(csv)
    return read_creek(path) if path else None


def _path(csv: str | None) -> Path | None:
    """A recording's file; $VARIABLES are the environment's."""
    if csv is None:
        return None
    path = os.path.expandvars(csv)
    if "$" in path:
        raise WorldError(f"csv: {path}: set that variable to the folder of the recordings, or use --creek")
    return Path(path)
