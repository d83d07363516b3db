"""What a run came to, counted from its event log: delivery, airtime, energy, alarms, losses and causes."""

from collections import Counter, defaultdict, deque
from dataclasses import dataclass, field
from functools import cache
from statistics import median
from typing import Any

from codec.lorawan import airtime, regions
from simulator.eventlog import Event

_HOUR_US = 3_600_000_000
_MANY = 8
# Why nobody heard a frame, when gateways missed it for different reasons: what came closest to being heard.
_CLOSEST = ("drawn", "gateway_sending", "no_demodulator", "collision", "gateway_off", "weak")


@dataclass
class NodeCount:
    """`wakes_us`: (start, end, receiving) and transmissions by power, for the energy."""

    dev_eui: str
    sent: int = 0
    heard: int = 0
    airtime_us: int = 0
    awake_us: int = 0
    rx_us: int = 0
    tx_us: Counter[str] = field(default_factory=Counter)


@dataclass
class Alarm:
    """The water rose to a mark at `at_us`; `told_us` is when a gateway first heard of it."""

    node: str
    mark_mm: int
    at_us: int
    told_us: int | None = None


class SlidingHour:
    """Airtime of one sender or of all in a sub-band: the most in any hour, `worst_us`."""

    def __init__(self) -> None:
        self.worst_us = 0
        self._frames: deque[tuple[int, int]] = deque()  # (start, end) of the last hour
        self._spent_us = 0

    def add(self, start_us: int, on_air_us: int) -> None:
        """The fullest hour ends with the end of a frame; one that began before it counts in part."""
        end_us = start_us + on_air_us
        self._frames.append((start_us, end_us))
        self._spent_us += on_air_us
        begin_us = end_us - _HOUR_US
        while self._frames[0][1] <= begin_us:
            start, end = self._frames.popleft()
            self._spent_us -= end - start
        before_us = max(0, begin_us - self._frames[0][0])
        self.worst_us = max(self.worst_us, self._spent_us - before_us)


@cache
def _band(hz: int) -> str:
    low_hz, high_hz, *_ = regions.sub_band(regions.REGIONS["EU868"], hz)
    return f"{low_hz / 1e6:.2f}-{high_hz / 1e6:.2f}"


class Report:
    """Takes events one by one; what it holds does not grow with the length of the run but for the alarms."""

    def __init__(self) -> None:
        self.run: Event = {}
        self.end_us = 0
        self.nodes: dict[str, NodeCount] = {}
        self.causes: Counter[str] = Counter()
        self.bands_us: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self._hours: defaultdict[str, defaultdict[str, SlidingHour]]  # by sub-band and sender
        self._hours = defaultdict(lambda: defaultdict(SlidingHour))
        self.alarms: list[Alarm] = []
        self.faults: list[Event] = []
        self.told: Counter[bool] = Counter()  # events of the scenario's LNS, by whether they were lost
        self.orders: Counter[str] = Counter()  # that it was given, by what became of them
        self.foreign = 0  # uplinks of who is no node of the scenario
        self._high: dict[str, int] = {}  # by node: the highest stage sampled and not yet told
        self._handlers = {
            "run": self._begin,
            "node": self._node,
            "up": self._up,
            "down": self._down,
            "wake": self._wake,
            "sample": self._sample,
            "crossing": self._crossing,
            "lns": self._lns,
            "order": self._order,
            "fault": self.faults.append,
        }

    def take(self, event: Event) -> None:
        self.end_us = event["t"]
        handler = self._handlers.get(event["event"])
        if handler:
            handler(event)

    def _begin(self, event: Event) -> None:
        self.run = event

    def _node(self, event: Event) -> None:
        self.nodes[event["name"]] = NodeCount(event["dev_eui"])

    def _up(self, event: Event) -> None:
        on_air_us = self._on_air(event, "up", crc=True)
        node = self.nodes.get(event["node"])
        if node is None:
            self.foreign += 1
            return
        node.sent += 1
        node.airtime_us += on_air_us
        if event["heard"]:
            node.heard += 1
            self._told(event)
        else:
            causes = set(event["lost"].values())
            self.causes[next(cause for cause in _CLOSEST if cause in causes)] += 1

    def _down(self, event: Event) -> None:
        self._on_air(event, "down", crc=False)

    def _on_air(self, event: Event, way: str, crc: bool) -> int:
        on_air_us = airtime.airtime_us(len(event["phy"]), event["sf"], event["bw"], crc=crc)
        band = _band(event["hz"])
        self.bands_us[band][way] += on_air_us
        sender = event["node"] if way == "up" else event["gateway"]
        self._hours[band][sender].add(event["start"], on_air_us)
        return on_air_us

    def _wake(self, event: Event) -> None:
        node = self.nodes[event["node"]]
        node.awake_us += event["t"] - event["start"]
        node.rx_us += event["rx_us"]
        node.tx_us.update(event["tx"])

    def _sample(self, event: Event) -> None:
        name = event["node"]
        self._high[name] = max(event["stage_mm"], self._high.get(name, event["stage_mm"]))

    def _crossing(self, event: Event) -> None:
        self.alarms.append(Alarm(event["node"], event["mark_mm"], event["t"]))

    def _lns(self, event: Event) -> None:
        self.told[event["lost"]] += 1

    def _order(self, event: Event) -> None:
        self.orders[event["outcome"]] += 1

    def _told(self, event: Event) -> None:
        """A frame got through: what was sampled before it is known."""
        high_mm = self._high.pop(event["node"], None)
        if high_mm is None:
            return
        for alarm in self.alarms:
            is_over = high_mm >= alarm.mark_mm and event["start"] >= alarm.at_us
            if alarm.node == event["node"] and alarm.told_us is None and is_over:
                alarm.told_us = event["t"]

    def energy_mah(self, name: str) -> float:
        """Charge taken over the run, by the currents that the log's first event names."""
        node, currents = self.nodes[name], self.run["currents"]
        sleeping_us = self.duration_us - node.awake_us
        milliampere_us = node.awake_us * currents["awake_ma"] + node.rx_us * currents["rx_ma"]
        milliampere_us += sleeping_us * currents["sleep_ma"]
        milliampere_us += sum(us * currents["tx_ma"][dbm] for dbm, us in node.tx_us.items())
        return float(milliampere_us / _HOUR_US)

    @property
    def duration_us(self) -> int:
        return int(self.end_us - self.run["t"])

    def as_dict(self) -> dict[str, Any]:
        sent = sum(node.sent for node in self.nodes.values())
        heard = sum(node.heard for node in self.nodes.values())
        return {
            "name": self.run["name"],
            "seed": self.run["seed"],
            "duration_s": self.duration_us / 1e6,
            "uplinks": {"sent": sent, "heard": heard, "delivery": heard / sent if sent else None},
            "foreign": self.foreign,
            "lost": dict(sorted(self.causes.items())),
            "lns": self._lns_dict() if self.told else None,
            "airtime": {
                band: {f"{way}_us": us[way] for way in ("up", "down")}
                | {"share": self._share(us), "worst_hour": self._worst_hour(band)}
                for band, us in sorted(self.bands_us.items())
            },
            "nodes": {name: self._node_dict(name) for name in self.nodes},
            "alarms": [self._alarm_dict(alarm) for alarm in self.alarms],
            "faults": [{"t": row["t"], "what": row["what"], "target": row["target"]} for row in self.faults],
        }

    def _worst_hour(self, band: str) -> dict[str, Any]:
        """Who filled an hour most: duty cycle is a sender's own, and `limit` the law's."""
        sender, hour = max(self._hours[band].items(), key=lambda row: row[1].worst_us)
        low_hz = round(float(band.split("-")[0]) * 1e6)
        limit = regions.sub_band(regions.REGIONS["EU868"], low_hz)[2] / 1000
        return {"sender": sender, "us": hour.worst_us, "duty": hour.worst_us / _HOUR_US, "limit": limit}

    def _lns_dict(self) -> dict[str, Any]:
        return {"published": self.told[False], "lost": self.told[True], "orders": dict(self.orders)}

    def _share(self, us: Counter[str]) -> float | None:
        return us.total() / self.duration_us if self.duration_us else None

    def _node_dict(self, name: str) -> dict[str, Any]:
        node = self.nodes[name]
        return {
            "dev_eui": node.dev_eui,
            "sent": node.sent,
            "heard": node.heard,
            "airtime_us": node.airtime_us,
            "duty": node.airtime_us / self.duration_us if self.duration_us else None,
            "energy_mah": round(self.energy_mah(name), 6),
        }

    def _alarm_dict(self, alarm: Alarm) -> dict[str, Any]:
        delay_s = None if alarm.told_us is None else (alarm.told_us - alarm.at_us) / 1e6
        return {"node": alarm.node, "mark_mm": alarm.mark_mm, "t": alarm.at_us, "delay_s": delay_s}


def text(told: dict[str, Any]) -> list[str]:
    """The report for a terminal."""
    uplinks = told["uplinks"]
    delivery = "-" if uplinks["delivery"] is None else f"{100 * uplinks['delivery']:.1f} %"
    lost = ", ".join(f"{count} {cause.replace('_', ' ')}" for cause, count in told["lost"].items())
    lines = [
        f"delivery: {uplinks['heard']} of {uplinks['sent']} uplinks ({delivery}); lost: {lost or 'none'}",
    ]
    for band, row in told["airtime"].items():
        lines.append(
            f"airtime {band} MHz: {row['up_us'] / 1e6:.1f} s up, {row['down_us'] / 1e6:.1f} s down "
            f"({100 * row['share']:.3f} % of the time); worst hour of one: {_worst(row['worst_hour'])}"
        )
    if told["lns"]:
        lns = told["lns"]
        lines.append(f"lns: {lns['published']} events published, {lns['lost']} lost while the broker was off")
        if lns["orders"]:
            became = ", ".join(f"{count} {outcome}" for outcome, count in lns["orders"].items())
            lines.append(f"lns: orders for nodes: {became}")
    hungry = max(told["nodes"].items(), key=lambda row: float(row[1]["energy_mah"]))
    total_mah = sum(row["energy_mah"] for row in told["nodes"].values())
    mean_mah = total_mah / len(told["nodes"])
    lines.append(f"energy: {mean_mah:.3f} mAh a node; most: {hungry[0]} {hungry[1]['energy_mah']:.3f} mAh")
    return lines + _alarm_lines(told["alarms"])


def _worst(hour: dict[str, Any]) -> str:
    return f"{hour['sender']} {100 * hour['duty']:.3f} % of {100 * hour['limit']:g} %"


def _alarm_lines(alarms: list[dict[str, Any]]) -> list[str]:
    """Each alarm, or only their spread when there are many."""
    if len(alarms) > _MANY:
        delays_s = sorted(row["delay_s"] for row in alarms if row["delay_s"] is not None)
        never = len(alarms) - len(delays_s)
        spread = f"median {median(delays_s):.0f} s, longest {delays_s[-1]:.0f} s" if delays_s else "none told"
        return [f"alarms: {len(alarms)} marks reached, {never} never told; {spread}"]
    told = [(f"mark {row['mark_mm']} mm at {row['node']}", row["delay_s"]) for row in alarms]
    return [
        f"alarm: {what} " + ("never told" if delay_s is None else f"told after {delay_s:.0f} s")
        for what, delay_s in told
    ]
