"""Byte-exact stand-ins of every part of firmware/sensors on its bus, fed by a site's truth.

A node's buses are wired as its config says: each part where its row has it, climate parts within parts too.
"""

import random
from collections.abc import Callable, Iterator
from typing import Any

from simulator.clock import VirtualClock
from simulator.site import Site
from simulator.twins import climate, dust, ranging, sound
from simulator.twins.part import Wired

# Part: its bus and who stands in for it.
TWINS: dict[str, tuple[str, Callable[[Wired], Any]]] = {
    "a02yyuw": ("uart", ranging.a02yyuw),
    "jsn_sr04t": ("echo", ranging.Echo),
    "jsn_sr04t_serial": ("uart", ranging.jsn_sr04t_serial),
    "mb7369": ("uart", ranging.maxbotix),
    "mb7389": ("uart", ranging.maxbotix),
    "current_loop": ("i2c", ranging.CurrentLoop),
    "modbus_radar": ("uart", ranging.ModbusRadar),
    "tipping_bucket": ("counter", ranging.TippingBucket),
    "sds011": ("uart", dust.SDS011),
    "pms5003": ("uart", dust.PMS5003),
    "pms7003": ("uart", dust.PMS5003),
    "sps30": ("uart", dust.SPS30Uart),
    "sps30_i2c": ("i2c", dust.SPS30I2C),
    "inmp441": ("i2s", sound.Microphone),
    "ics43434": ("i2s", sound.Microphone),
    "sen0232": ("adc", sound.SoundLevelMeter),
    "bme280": ("i2c", climate.BME280),
    "sht3x": ("i2c", climate.SHT3x),
    "battery": ("adc", sound.Divider),
}
_ADDRESSES = {"current_loop": 0x48, "sps30_i2c": 0x69, "bme280": 0x76, "sht3x": 0x44}  # unless the row says


class Wiring:
    """The buses that one boot of a node finds. A bus that no row names is bare: nothing answers there."""

    def __init__(
        self,
        clock: VirtualClock,
        site: Site,
        rows: list[dict[str, Any]],
        rng: random.Random,
        power_on_us: int,
    ):
        self._clock = clock
        self._site = site
        self._rows = rows
        self._rng = rng
        self._power_on_us = power_on_us
        self._supplied_us: dict[int, int | None] = {}  # by power port; None: switched off

    def open(self, bus: str, port: int) -> Any:
        """The stand-in of the part there; on I2C all of them, behind their addresses."""
        found = [row for row in _flat(self._rows) if TWINS[row["part"]][0] == bus and row["port"] == port]
        if bus == "i2c":
            return I2CBus({address_of(row): self._twin(row) for row in found}, self._wired)
        return self._twin(found[0])

    def power(self, port: int) -> Callable[[bool], None]:
        """The switch of a supply, which is off when the node boots."""
        self._supplied_us[port] = None

        def switch(on: bool) -> None:
            self._supplied_us[port] = self._clock.now_us() if on else None

        return switch

    def _twin(self, row: dict[str, Any]) -> Any:
        return TWINS[row["part"]][1](self._wired(row))

    def _wired(self, row: dict[str, Any]) -> Wired:
        port = int(row.get("power", -1))

        def supply_us() -> int | None:
            return self._supplied_us.get(port, self._power_on_us)

        return Wired(self._clock, self._site, row, self._rng, self._power_on_us, supply_us)


class I2CBus:
    """Parts by address; who is not there, or dead, does not acknowledge."""

    def __init__(self, parts: dict[int, Any], wired: Callable[[dict[str, Any]], Wired]):
        self._parts = parts
        self._wired = wired({})

    def writeto(self, addr: int, buf: bytes) -> int:
        self._part(addr).write(bytes(buf))
        return len(buf)

    def readfrom(self, addr: int, nbytes: int) -> bytes:
        return bytes(self._part(addr).read(nbytes))

    def _part(self, addr: int) -> Any:
        part = self._parts.get(addr)
        torn_wire = isinstance(part, ranging.CurrentLoop)  # its converter still answers
        if part is None or (self._wired.is_dead and not torn_wire):
            raise OSError(19)
        return part


def _flat(rows: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for row in rows:
        yield row
        if isinstance(row.get("climate"), dict):
            yield row["climate"]


def address_of(row: dict[str, Any]) -> int:
    return int(row.get("address", _ADDRESSES[row["part"]]))
