"""Median and MAD: what a burst of readings says when some of them are wrong."""

from collections import namedtuple

from codec.compat import const

# `mad` is the median distance from the median; `valid` of `taken` readings are no outliers.
Burst = namedtuple("Burst", ("median", "mad", "valid", "taken"))

_HAMPEL_CENT = const(445)  # 3 x 1.4826: three standard deviations of a normal distribution


def median(values: "list[int]") -> int:
    """The middle one; of an even number the lower middle one, which was measured too."""
    return sorted(values)[(len(values) - 1) // 2]


def burst(values: "list[int]", taken: int, least_spread: int) -> Burst:
    """Hampel's filter over the readings that came of `taken`; within `least_spread` nothing is an outlier."""
    middle = median(values)
    mad = median([abs(value - middle) for value in values])
    limit = max(_HAMPEL_CENT * mad // 100, least_spread)
    valid = [value for value in values if abs(value - middle) <= limit]
    return Burst(median(valid), mad, len(valid), taken)
