"""The network's side of the MAC commands of class A (TS001-1.0.4 section 5): values in, values out.

`hear` takes what an uplink's commands say; only a node's own answer changes what is known of it.
`requests` is what the network wants of the node now, `replies` what the node asked the network.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from codec.lorawan import commands
from codec.lorawan.regions import Region
from gateway.gps import gps_ms
from gateway.model import Session
from gateway.network import adr, channels, history
from gateway.network.adr import Bounds, Setting
from gateway.network.link import Asked, Channel, Link, rx2

_MOST_FOPTS = 15
_RARELY = 64  # uplinks between two attempts at a node that does not answer
_REPEATED = (commands.RX_PARAM_SETUP, commands.RX_TIMING_SETUP, commands.TX_PARAM_SETUP, commands.DL_CHANNEL)
_ASKING = (commands.LINK_CHECK, commands.DEVICE_TIME)


@dataclass(frozen=True, slots=True)
class Wishes:
    """How the network would like its nodes to be. `rx_delay_s` 0: as the way to the gateways asks for."""

    region: Region
    adr: bool = True
    channels: tuple[Channel, ...] = ()
    sub_band: int = 0
    rx_delay_s: int = 0
    rx1_dr_offset: int = 0
    rx2_hz: int = 0
    rx2_data_rate: int = 0
    adr_margin_db: float = 10.0
    status_ms: int | None = None


class State(NamedTuple):
    """A session's row and what it remembers of the node."""

    session: Session
    link: Link


class Said(NamedTuple):
    """What an uplink's commands come to. `is_repeated`: until it hears anything, the node says it again."""

    state: State
    questions: tuple[int, ...]
    is_repeated: bool


class Frame(NamedTuple):
    """The uplink that may be answered. `asks`: ADRACKReq."""

    fcnt: int
    data_rate: int | None
    adr: bool
    asks: bool
    now: int


def hear(state: State, fopts: bytes, now: int) -> Said:
    """An answer counts only where its command was asked, and in the order it was asked."""
    if not fopts and state.link.asked is None:
        return Said(state, (), False)
    found, _ = commands.split(fopts, commands.UP)
    asked = list(state.link.asked.commands) if state.link.asked else []
    for cid, answer in found:
        bodies = [each[1:] for each in asked if each[0] == cid]
        if not bodies or cid not in _ANSWERED:
            continue
        # A LinkADRReq block is obeyed as one and answered command by command, each time alike (5.2).
        taken = bodies if cid == commands.LINK_ADR else bodies[:1]
        state = _ANSWERED[cid](state, taken, answer, now)
        for body in taken:
            asked.remove(bytes([cid]) + body)
    former = state.link.asked
    left = Asked(tuple(asked), former.fcnt, former.tries) if former and asked else None
    is_repeated = any(cid in _REPEATED for cid, _ in found)
    return Said(State(state.session, replace(state.link, asked=left)), questions(fopts), is_repeated)


def questions(fopts: bytes) -> tuple[int, ...]:
    """What the node asks the network, each once."""
    found, _ = commands.split(fopts, commands.UP)
    return tuple(dict.fromkeys(cid for cid, _ in found if cid in _ASKING))


def replies(questions: Iterable[int], margin_db: float, gateways: int, heard_ms: int) -> bytes:
    """The answers to LinkCheckReq and DeviceTimeReq; the time is that of the uplink's end (5.1, 5.9)."""
    told_ms = gps_ms(heard_ms)
    told = {
        commands.LINK_CHECK: bytes([min(max(int(margin_db), 0), 254), min(gateways, 255)]),
        commands.DEVICE_TIME: (told_ms // 1000 & 0xFFFFFFFF).to_bytes(4, "little")
        + bytes([told_ms % 1000 * 256 // 1000]),
    }
    return b"".join(bytes([cid]) + told[cid] for cid in questions)


def requests(wishes: Wishes, state: State, frame: Frame, room: int = _MOST_FOPTS) -> tuple[bytes, ...]:
    """What to ask now, as far as it fits; nothing while a node that does not answer is left alone."""
    asked = state.link.asked
    if asked and frame.fcnt - asked.fcnt < min(1 << asked.tries - 1, _RARELY):
        return ()
    fitting: list[bytes] = []
    for block in _wanted(wishes, state, frame):
        if block and sum(map(len, fitting)) + sum(map(len, block)) <= room:
            fitting += block
    return tuple(fitting)


def ask(link: Link, wanted: tuple[bytes, ...], fcnt: int) -> Link:
    """The link once `wanted` goes out in answer to the uplink `fcnt`."""
    former = link.asked
    tries = former.tries + 1 if former and former.commands == wanted else 1
    return replace(link, asked=Asked(wanted, fcnt, min(tries, 16)))


def _wanted(wishes: Wishes, state: State, frame: Frame) -> Iterator[list[bytes]]:
    """The most pressing first; a block goes as a whole or not at all."""
    yield _timing(wishes, state)
    yield _windows(wishes, state)
    for channel in _missing(wishes, state.link):
        yield [_new_channel(channel)]
    if wishes.adr and frame.adr and frame.data_rate is not None:
        yield _link_adr(wishes, state, frame, frame.data_rate)
    status_at = state.link.status_at or state.session.created_at
    if wishes.status_ms and frame.now - status_at >= wishes.status_ms:
        yield [bytes([commands.DEV_STATUS])]


def _timing(wishes: Wishes, state: State) -> list[bytes]:
    if wishes.rx_delay_s in (0, state.session.rx_delay_s):
        return []
    return [bytes([commands.RX_TIMING_SETUP, wishes.rx_delay_s & 0x0F])]


def _windows(wishes: Wishes, state: State) -> list[bytes]:
    session, region = state.session, wishes.region
    rx2_hz, rx2_data_rate = rx2(region, session, state.link)
    wanted = (wishes.rx1_dr_offset, wishes.rx2_data_rate, wishes.rx2_hz or region.rx2[0])
    if wanted in ((session.rx1_dr_offset, rx2_data_rate, rx2_hz), state.link.refused_windows):
        return []
    head = bytes([commands.RX_PARAM_SETUP, wanted[0] << 4 | wanted[1]])
    return [head + (wanted[2] // 100).to_bytes(3, "little")]


def _missing(wishes: Wishes, link: Link) -> list[Channel]:
    if wishes.region.is_fixed:
        return []
    known = {channel.number: channel for channel in link.channels}
    return [
        each
        for each in wishes.channels
        if known.get(each.number) != each and each.number not in link.refused_channels
    ]


def _new_channel(channel: Channel) -> bytes:
    number, hz, lowest, highest = channel
    body = bytes([number]) + (hz // 100).to_bytes(3, "little") + bytes([highest << 4 | lowest])
    return bytes([commands.NEW_CHANNEL]) + body


def _link_adr(wishes: Wishes, state: State, frame: Frame, data_rate: int) -> list[bytes]:
    """The whole setting, whenever a part of it is not as it should be or not known to be."""
    region, link = wishes.region, state.link
    now = Setting(data_rate, acting_power_index(link, data_rate), link.nb_trans)
    wanted = adr.propose(region, now, history.heard(state.session.heard), bounds(wishes, link))
    mask = channels.wanted_mask(region, link.channels, wishes.sub_band)
    known = channels.wanted_mask(region, link.channels, 0) if link.mask is None else link.mask
    is_open = link.asked is not None and any(each[0] == commands.LINK_ADR for each in link.asked.commands)
    is_in_doubt = is_open or frame.asks or link.data_rate not in (None, data_rate)
    if wanted == now and mask == known and not is_in_doubt:
        return []
    head = bytes([commands.LINK_ADR, wanted.data_rate << 4 | wanted.power_index])
    return [
        head + bits.to_bytes(2, "little") + bytes([control << 4 | wanted.nb_trans])
        for control, bits in channels.mask_commands(region, mask)
    ]


def acting_power_index(link: Link, data_rate: int) -> int:
    """A node below the agreed data rate stepped back by itself, and that begins with full power (4.3.1.1)."""
    has_stepped_back = link.data_rate is not None and data_rate < link.data_rate
    return 0 if has_stepped_back else link.power_index


def bounds(wishes: Wishes, link: Link) -> Bounds:
    """How far ADR may take a node."""
    region = wishes.region
    fastest, lowest_power = region.grid[0][4], region.power_steps
    return Bounds(
        fastest if link.most_data_rate is None else min(link.most_data_rate, fastest),
        lowest_power if link.most_power_index is None else min(link.most_power_index, lowest_power),
        wishes.adr_margin_db,
    )


def _link_adr_answer(state: State, bodies: Sequence[bytes], answer: bytes, now: int) -> State:
    """All three bits, or nothing has changed; what a bit refuses is not asked again."""
    last, link = bodies[-1], state.link
    data_rate, power_index = last[0] >> 4, last[0] & 0x0F
    if answer[0] & 0b111 == 0b111:
        agreed = replace(
            link,
            data_rate=data_rate,
            power_index=power_index,
            nb_trans=max(last[3] & 0x0F, 1),
            mask=_mask_of(bodies),
        )
        return state._replace(link=agreed)
    if not answer[0] & 0b001:
        link = replace(link, channels=())  # it lacks one of them: it is told of all of them anew
    if not answer[0] & 0b010:
        link = replace(link, most_data_rate=max(data_rate - 1, 0))
    if not answer[0] & 0b100:
        link = replace(link, most_power_index=max(power_index - 1, 0))
    return state._replace(link=link)


def _mask_of(bodies: Sequence[bytes]) -> int:
    """What `channels.mask_commands` was made of."""
    mask = 0
    for body in bodies:
        control, bits = body[3] >> 4, int.from_bytes(body[1:3], "little")
        if control < 4:
            mask |= bits << 16 * control
        else:
            mask |= bits << 64 | (((1 << 64) - 1) if control == 6 else 0)
    return mask


def _rx_param_setup_answer(state: State, bodies: Sequence[bytes], answer: bytes, now: int) -> State:
    body = bodies[0]
    offset, data_rate, hz = body[0] >> 4, body[0] & 0x0F, int.from_bytes(body[1:4], "little") * 100
    if answer[0] & 0b111 != 0b111:
        return state._replace(link=replace(state.link, refused_windows=(offset, data_rate, hz)))
    session = state.session._replace(rx1_dr_offset=offset, rx2_data_rate=data_rate)
    return State(session, replace(state.link, rx2_hz=hz))


def _rx_timing_setup_answer(state: State, bodies: Sequence[bytes], answer: bytes, now: int) -> State:
    return state._replace(session=state.session._replace(rx_delay_s=bodies[0][0] or 1))


def _new_channel_answer(state: State, bodies: Sequence[bytes], answer: bytes, now: int) -> State:
    body, link = bodies[0], state.link
    if answer[0] & 0b11 != 0b11:
        return state._replace(link=replace(link, refused_channels=(*link.refused_channels, body[0])))
    hz = int.from_bytes(body[1:4], "little") * 100
    added = Channel(body[0], hz, body[4] & 0x0F, body[4] >> 4)
    others = [each for each in link.channels if each.number != added.number]
    mask = None if link.mask is None else link.mask | 1 << added.number  # a new channel is on (5.6)
    return state._replace(link=replace(link, channels=tuple(sorted((*others, added))), mask=mask))


def _dev_status_answer(state: State, bodies: Sequence[bytes], answer: bytes, now: int) -> State:
    margin_db = (answer[1] & 0x3F ^ 0x20) - 0x20  # 6 bits with a sign
    return state._replace(link=replace(state.link, battery=answer[0], margin_db=margin_db, status_at=now))


_Answered = Callable[[State, Sequence[bytes], bytes, int], State]
_ANSWERED: dict[int, _Answered] = {
    commands.LINK_ADR: _link_adr_answer,
    commands.RX_PARAM_SETUP: _rx_param_setup_answer,
    commands.DEV_STATUS: _dev_status_answer,
    commands.NEW_CHANNEL: _new_channel_answer,
    commands.RX_TIMING_SETUP: _rx_timing_setup_answer,
}
