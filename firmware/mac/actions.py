"""What the MAC asks for and what it reports: plain values."""

from collections import namedtuple

Channel = namedtuple("Channel", ("hz", "sf", "bw_hz"))

Transmit = namedtuple("Transmit", ("frame", "channel", "power_dbm"))
Listen = namedtuple("Listen", ("channel", "open_ms", "timeout_ms"))
Wait = namedtuple("Wait", ("until_ms",))
Done = namedtuple(
    "Done", ("accepted", "downlink")
)  # `accepted`: a valid answer came, for a confirmed uplink its ACK

# `pending`: the network has more to say (FPending), it needs an uplink to say it.
Downlink = namedtuple("Downlink", ("fport", "payload", "ack", "pending"))

# Who the node is: by OTAA, or with a session for life.
Otaa = namedtuple("Otaa", ("dev_eui", "join_eui", "app_key"))
Abp = namedtuple("Abp", ("dev_addr", "nwk_s_key", "app_s_key"))

# `data_rate`: of the first join-request; `octet`: US915 and AU915 only, the group of 8 channels, 0 for all
Options = namedtuple("Options", ("data_rate", "adr", "octet"))


class RefusedError(OSError):
    """The MAC does not send this now; the text says why and, where time helps, when it will."""


class DroppedError(Exception):
    """The frame is dropped; the text is the name of its counter."""
