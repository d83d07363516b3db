"""Is a received frame ours, whole, new and allowed here? Each no has a name, and changes nothing."""

from codec.compat import const
from codec.lorawan import frames
from codec.wire import WireError
from firmware.mac.actions import DroppedError

_FRAME_SIZE = const(13)  # MHDR, FHDR without FOpts, FPort, MIC


def open_data(phy: bytes, session: "Session", largest: int) -> "tuple[DataFrame, int]":
    """(frame, its whole counter) of a data downlink. `largest`: N of the window's data rate."""
    frame = _parse(phy)
    if frames.is_up(frame.mtype):
        raise DroppedError("not_a_downlink")
    if frame.dev_addr != session.dev_addr:
        raise DroppedError("another_device")
    if len(phy) > largest + _FRAME_SIZE:  # no radio can have sent it here (4.1)
        raise DroppedError("oversize")
    fcnt = frames.full_fcnt(session.fcnt_down, frame.fcnt)
    if fcnt > 0xFFFFFFFF:
        raise DroppedError("fcnt_used_up")
    if not frames.mic_fits(phy, session.nwk_s_key, fcnt):
        former = fcnt - 0x10000
        is_replay = former >= 0 and frames.mic_fits(phy, session.nwk_s_key, former)
        raise DroppedError("replay" if is_replay else "mic")
    return frame, fcnt


def _parse(phy: bytes) -> "DataFrame":
    try:
        return frames.parse(phy)
    except WireError:
        pass
    has_fopts = len(phy) > 5 and phy[5] & 0x0F
    fport_at = 8 + has_fopts
    if has_fopts and len(phy) >= fport_at + 5 and phy[fport_at] == 0:
        raise DroppedError("commands_in_fopts_and_fport_0")
    raise DroppedError("malformed")


TYPE_CHECKING = False
if TYPE_CHECKING:
    from codec.lorawan.frames import DataFrame
    from firmware.session import Session
