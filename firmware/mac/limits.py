"""What a session allows at a data rate: payload, power, the lowest rate (RP002-1.0.4, TxParamSetup)."""

from codec.compat import const

_EIRP_DBM = (8, 10, 12, 13, 14, 16, 18, 20, 21, 24, 26, 27, 29, 30, 33, 36)  # 5.8
_UP_DWELL = const(0x10)
_DOWN_DWELL = const(0x20)


def has_dwell(region: "Region", session: "Session", bit: int = _UP_DWELL) -> bool:
    """Whether TxParamSetup limits this direction to 400 ms; until the network says otherwise it does."""
    return region.dwell_sizes is not None and bool(session.tx_param & bit)


def lowest_rx1(region: "Region", session: "Session") -> int:
    return 2 if has_dwell(region, session, _DOWN_DWELL) and not region.is_fixed else 0


def largest_payload(region: "Region", session: "Session", data_rate: int) -> int:
    """N of RP002: bytes that FOpts and FRMPayload share at a data rate."""
    if has_dwell(region, session):
        return region.dwell_sizes[data_rate]
    return region.data_rates[data_rate][2]


def lowest_data_rate(region: "Region", session: "Session") -> int:
    """The most robust data rate that carries anything."""
    data_rate = region.uplink_drs[0]
    while largest_payload(region, session, data_rate) == 0:
        data_rate += 1
    return data_rate


def eirp_dbm(region: "Region", session: "Session") -> int:
    if session.tx_param == 0xFF:
        return region.max_eirp_dbm
    return _EIRP_DBM[session.tx_param & 0x0F]


TYPE_CHECKING = False
if TYPE_CHECKING:
    from codec.lorawan.regions import Region
    from firmware.session import Session
