"""Runs on a native MicroPython: what both forms of the A-weighting make of the same sounds."""

import sys

sys.path.insert(0, sys.argv[1])

from firmware.sensors import a_weighting, a_weighting_viper
from tests.shared.sounds import sine, weighted_db

for rate_hz in a_weighting.RATES_HZ:
    for level_db in (35, 65, 110):
        samples = sine(rate_hz, 160, 200, level_db, 419430)
        native = weighted_db(a_weighting_viper.Weighting(rate_hz), rate_hz, samples, 80)
        bytecode = weighted_db(a_weighting.Weighting(rate_hz), rate_hz, samples, 80)
        print(rate_hz, level_db, native, bytecode)
