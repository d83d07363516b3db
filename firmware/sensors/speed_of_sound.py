"""How fast an echo travels: what ultrasonic parts without a thermometer of their own have to know."""

from codec.compat import const

_MEAN_DDEGC = const(100)  # assumed while the thermometer is at fault: within -10 to 30 degC at most 3.6 % off


def speed_m_s(climate: "dict[str, int | str]") -> float:
    """331.3 m/s times the root of T / 273.15 K, at the temperature that a climate part has read."""
    temperature = climate.get("temperature")
    ddegc = temperature if isinstance(temperature, int) else _MEAN_DDEGC
    return 331.3 * (1 + ddegc / 2731.5) ** 0.5
