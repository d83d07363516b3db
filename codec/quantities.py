"""What people and other systems call each quantity: units, codes, texts. A device never loads this file."""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

from codec.message import ROWS
from codec.wire import WireError


@dataclass(frozen=True)
class Quantity:
    """`unit` is ours, everywhere outside the wire, and `decimals` the resolution in it.

    `unece` is the common code of UN/CEFACT Recommendation 20, `since` the schema that brought the quantity.
    """

    unit: str
    decimals: int
    ucum: str
    unece: str
    home_assistant_unit: "str | None"
    home_assistant_class: "str | None"
    de: str
    en: str
    since: int = 1


_MM = ("mm", 0, "mm", "MMT", "mm")
_DUST = ("ug/m3", 1, "ug/m3", "GQ", "µg/m³")
_NOISE = ("dB", 1, "dB[SPL]", "2N", "dBA", "sound_pressure")
_PERCENT = ("%", 0, "%", "P1", "%")
_PLAIN = ("", 0, "1", "C62", None, None)

QUANTITIES = {
    "level": Quantity(*_MM, "distance", "Wasserstand", "water level"),
    "distance": Quantity(*_MM, "distance", "Abstand zum Wasser", "distance to the water"),
    "head": Quantity(*_MM, "distance", "Wassersäule über der Sonde", "head of water over the probe"),
    "temperature": Quantity("Cel", 1, "Cel", "CEL", "°C", "temperature", "Temperatur", "temperature"),
    "humidity": Quantity(*_PERCENT, "humidity", "Luftfeuchte", "relative humidity"),
    "pressure": Quantity("hPa", 1, "hPa", "A97", "hPa", "atmospheric_pressure", "Luftdruck", "air pressure"),
    "rain": Quantity("mm", 1, "mm", "MMT", "mm", "precipitation", "Regen", "rain"),
    "rain_total": Quantity("mm", 1, "mm", "MMT", "mm", "precipitation", "Regen, Summe", "rain in total"),
    "laeq": Quantity(*_NOISE, "Mittelungspegel LAeq", "equivalent level LAeq"),
    "lafmax": Quantity(*_NOISE, "Maximalpegel LAFmax", "maximum level LAFmax"),
    "l10": Quantity(*_NOISE, "Pegel L10, 10 % der Zeit überschritten", "level L10, exceeded 10 % of time"),
    "l90": Quantity(*_NOISE, "Pegel L90, 90 % der Zeit überschritten", "level L90, exceeded 90 % of time"),
    "pm1": Quantity(*_DUST, "pm1", "Feinstaub PM1", "particulate matter PM1"),
    "pm25": Quantity(*_DUST, "pm25", "Feinstaub PM2,5", "particulate matter PM2.5"),
    "pm4": Quantity(*_DUST, "pm4", "Feinstaub PM4", "particulate matter PM4"),
    "pm10": Quantity(*_DUST, "pm10", "Feinstaub PM10", "particulate matter PM10"),
    "battery": Quantity("V", 2, "V", "VLT", "V", "voltage", "Batterie", "battery"),
    "charge": Quantity(*_PERCENT, "battery", "Ladestand", "state of charge"),
    "status": Quantity(*_PLAIN, "Zustand", "status bits"),
    "reset_cause": Quantity(*_PLAIN, "Grund des Neustarts", "reset cause"),
    "age_s": Quantity("s", 0, "s", "SEC", "s", "duration", "Alter", "age of the report"),
    "number": Quantity(*_PLAIN, "laufende Nummer", "running number"),
}  # fmt: skip

# The unit of each quantity, as registry, interface, command line and exports spell it.
UNITS = {name: quantity.unit for name, quantity in QUANTITIES.items()}

# Up to here each step has a float of its own, with room to spare.
_SURE = 1e12

_RANGES = {row.name: (row.least, row.most) for row in ROWS}


def to_unit(name: str, steps: int) -> "int | float":
    """Steps of the registry as a number in the quantity's unit: the float nearest to the exact decimal."""
    decimals = _quantity(name).decimals
    return steps / 10**decimals if decimals else steps


def to_steps(name: str, value: "int | float") -> int:
    """A number in the quantity's unit as the nearest steps; halfway, as those further from zero."""
    decimals = _quantity(name).decimals
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise WireError(f"{name}: {value!r} is not a number")
    if isinstance(value, int):
        return value * 10**decimals
    # Most numbers are a step's own decimal; only what lies between two is left to Decimal, which is slow.
    if abs(value) < _SURE and to_unit(name, steps := round(value * 10**decimals)) == value:
        return steps
    try:
        exact = Decimal(str(value)).scaleb(decimals)
        return int(exact.quantize(Decimal(1), rounding=ROUND_HALF_UP))
    except (InvalidOperation, ValueError, OverflowError):
        raise WireError(f"{name}: {value!r} is no finite number of sensible size") from None


def in_range(name: str, steps: int) -> bool:
    """Whether a node would have sent it; `level`, which no node sends, is not bounded."""
    least, most = _RANGES.get(name, (steps, steps))
    return least <= steps <= most


def _quantity(name: str) -> Quantity:
    if name not in QUANTITIES:
        raise WireError(f"no such quantity: {name}. There are {', '.join(sorted(QUANTITIES))}")
    return QUANTITIES[name]
