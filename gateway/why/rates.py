"""The arithmetic of ADR with its parts, and the names of MAC commands as the specification has them."""

from typing import NamedTuple

from codec.lorawan import commands, regions
from gateway.network import adr, history, mac
from gateway.network.adr import Setting
from gateway.network.mac import Wishes
from gateway.why.past import Past

_NAMES = {
    commands.LINK_CHECK: ("LinkCheckReq", "LinkCheckAns"),
    commands.LINK_ADR: ("LinkADRAns", "LinkADRReq"),
    commands.DUTY_CYCLE: ("DutyCycleAns", "DutyCycleReq"),
    commands.RX_PARAM_SETUP: ("RXParamSetupAns", "RXParamSetupReq"),
    commands.DEV_STATUS: ("DevStatusAns", "DevStatusReq"),
    commands.NEW_CHANNEL: ("NewChannelAns", "NewChannelReq"),
    commands.RX_TIMING_SETUP: ("RXTimingSetupAns", "RXTimingSetupReq"),
    commands.TX_PARAM_SETUP: ("TXParamSetupAns", "TXParamSetupReq"),
    commands.DL_CHANNEL: ("DlChannelAns", "DlChannelReq"),
    commands.DEVICE_TIME: ("DeviceTimeReq", "DeviceTimeAns"),
}


class Arithmetic(NamedTuple):
    """`steps` of 3 dB are to spare, below 0 they are missing; `wanted` follows from them and the bounds."""

    now: Setting
    wanted: Setting
    frames: int
    best_snr_db: float | None
    required_db: float
    margin_db: float
    spare_db: float
    steps: int
    loss: float
    listed: str

    @property
    def is_short(self) -> bool:
        return self.frames < history.LENGTH or self.best_snr_db is None


def arithmetic(wishes: Wishes, found: Past, data_rate: int) -> Arithmetic:
    """Of a frame at this data rate."""
    region, link = wishes.region, found.after.link
    heard, bounds = history.heard(found.heard), mac.bounds(wishes, link)
    now = Setting(data_rate, mac.acting_power_index(link, data_rate), link.nb_trans)
    spare_db = adr.spare_db(region, data_rate, heard.best_snr_db or 0.0) - bounds.margin_db
    return Arithmetic(
        now,
        adr.propose(region, now, heard, bounds),
        heard.frames,
        heard.best_snr_db,
        adr.REQUIRED_SNR_DB[region.data_rates[data_rate][0]],
        bounds.margin_db,
        round(spare_db, 2),
        int(spare_db // adr.STEP_DB),
        heard.loss,
        " ".join("-" if each.snr_db is None else f"{each.snr_db:g}" for each in history.frames(found.heard)),
    )


def command(cid: int, way: str) -> str:
    return _NAMES[cid][way == "down"]


def spreading_factor(datr: str | None) -> int:
    """0 where a data rate is none of LoRa's."""
    try:
        return int(regions.parse_datr(datr or "")[0])
    except ValueError:
        return 0
