"""A node that hears nothing gives back what ADR took, step by step (TS001-1.0.4 4.3.1.1, table 9)."""

from codec.compat import const
from firmware.mac.limits import lowest_data_rate

ADR_ACK_LIMIT = const(64)
ADR_ACK_DELAY = const(32)
# Twelve more delays at the end of all steps: the session itself is in doubt, and a join is worth its airtime.
LOST = const(448)


def step(region: "Region", session: "Session", channels: "Channels") -> bool:
    """After another uplink without a downlink in between; True when a step of the back-off was taken."""
    s = session
    over = s.adr_ack_cnt - ADR_ACK_LIMIT
    if over < ADR_ACK_DELAY or over % ADR_ACK_DELAY:
        return False
    if over == ADR_ACK_DELAY:
        s.power_index = 0
        return True
    if s.data_rate > lowest_data_rate(region, s):
        s.data_rate -= 1
        if not channels.carrying(s.data_rate):
            channels.enable_defaults()
        return True
    channels.enable_defaults()
    s.nb_trans = 1
    return over < LOST


def asks(session: "Session") -> bool:
    """ADRACKReq: any downlink will do as an answer."""
    return session.adr_ack_cnt >= ADR_ACK_LIMIT


TYPE_CHECKING = False
if TYPE_CHECKING:
    from codec.lorawan.regions import Region
    from firmware.mac.channels import Channels
    from firmware.session import Session
