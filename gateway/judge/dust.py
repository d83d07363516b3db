"""Fine dust as it would be dry: a series of its own beside what was measured, under the model's name."""

MODEL = "kappa-0.40-1"  # the last digit counts our own versions of it
_KAPPA = 0.40  # Crilley et al. 2018, amt-11-709: 0.38-0.41 for the OPC-N2 in Birmingham
_DENSITY_G_CM3 = 1.65
_MOST_PERCENT = 95  # beyond it the models differ by four times: no value is better than any

SIZES = ("pm1", "pm25", "pm4", "pm10")


def dry(pm: float, humidity_percent: float) -> float | None:
    """In the same unit; None in air too humid to say."""
    if humidity_percent > _MOST_PERCENT:
        return None
    if humidity_percent <= 0:
        return pm
    activity = humidity_percent / 100
    return pm / (1 + (_KAPPA / _DENSITY_G_CM3) / (1 / activity - 1))
