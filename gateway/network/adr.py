"""Adaptive data rate: what would do for a node, from how well its last 20 frames were heard."""

from typing import NamedTuple

from codec.lorawan.regions import Region
from gateway.network import history
from gateway.network.history import Heard

# SNR at which a gateway still demodulates (SX1301 datasheet, table 17).
REQUIRED_SNR_DB = {5: -2.5, 6: -5.0, 7: -7.5, 8: -10.0, 9: -12.5, 10: -15.0, 11: -17.5, 12: -20.0}
STEP_DB = 3

# NbTrans after a loss below each bound, by the NbTrans that was in force.
_NB_TRANS = ((0.05, (1, 1, 2)), (0.10, (1, 2, 3)), (0.30, (2, 3, 3)), (2.0, (3, 3, 3)))


class Bounds(NamedTuple):
    """How far the plan, the configuration and the node itself let it go."""

    most_data_rate: int
    most_power_index: int
    margin_db: float


class Setting(NamedTuple):
    data_rate: int
    power_index: int
    nb_trans: int


def spare_db(region: Region, data_rate: int, snr_db: float) -> float:
    """By how much a frame was heard better than it had to be."""
    return snr_db - REQUIRED_SNR_DB[region.data_rates[data_rate][0]]


def propose(region: Region, now: Setting, heard: Heard, bounds: Bounds) -> Setting:
    """The same setting until 20 frames tell.

    What is to spare raises the data rate first and then lowers the power; what is short raises the power.
    The data rate is never lowered: a node that is not heard does that itself (TS001-1.0.4 4.3.1.1).
    """
    if heard.frames < history.LENGTH or heard.best_snr_db is None:
        return now
    steps = int((spare_db(region, now.data_rate, heard.best_snr_db) - bounds.margin_db) // STEP_DB)
    data_rate, power_index = now.data_rate, now.power_index
    while steps > 0 and data_rate < bounds.most_data_rate:
        data_rate, steps = data_rate + 1, steps - 1
    while steps > 0 and power_index < bounds.most_power_index:
        power_index, steps = power_index + 1, steps - 1
    power_index = max(0, power_index + min(steps, 0))
    return Setting(data_rate, power_index, _nb_trans(now.nb_trans, heard.loss))


def _nb_trans(now: int, loss: float) -> int:
    return next(row[min(max(now, 1), 3) - 1] for bound, row in _NB_TRANS if loss < bound)
