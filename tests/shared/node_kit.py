"""A whole node in memory for the tests of its life: clock, stores, link and a creek to look at."""

from codec import cbor, registry, report
from firmware import plan
from firmware.node import Node

SECRETS = {"dev_eui": "0200006d66000001", "join_eui": "0" * 16, "app_key": "00" * 16}


class Memory:
    def __init__(self):
        self.values = {}

    def get(self, key):
        return self.values.get(key)

    def put(self, key, value):
        self.values[key] = bytes(value)


class FullFlash(Memory):
    def put(self, key, value):
        raise OSError(28)


class Clock:
    def __init__(self):
        self.at_ms = 0

    def now_ms(self):
        return self.at_ms

    async def sleep_ms(self, duration_ms):
        self.at_ms += duration_ms


class Downlink:
    def __init__(self, fport=None, payload=b"", ack=True):
        self.fport = fport
        self.payload = payload
        self.ack = ack


class Link:
    """Joins at the first attempt; each frame takes 1.2 s with its windows and then asks for 20 s of rest."""

    def __init__(self, clock):
        self._clock = clock
        self._joined = False
        self._free_ms = 0
        self.frames = []  # (ms, fport, payload, confirmed)
        self.answers = []  # downlinks to come
        self.hears = True
        self.joins = 0
        self.asked_ms = []
        self.bytes_a_frame = 51
        self.utc_ms_told = None

    def joined(self):
        return self._joined

    def wait_ms(self, is_alarm=False, size=0):
        return 0 if is_alarm else max(0, self._free_ms - self._clock.at_ms)

    def why(self):
        return ["resting"] if self.wait_ms() else []

    async def join(self):
        self.joins += 1
        self._pass()
        self._joined = self.hears
        return self._joined

    async def send(self, fport, payload, confirmed=False, is_alarm=False):
        assert is_alarm or not self.wait_ms()
        self.frames.append((self._clock.at_ms, fport, payload, confirmed))
        self._pass()
        if not self.hears:
            return None
        if self.answers:
            return self.answers.pop(0)
        return Downlink() if confirmed else None

    async def room(self):
        return self.bytes_a_frame

    def ask_time(self):
        self.asked_ms.append(self._clock.at_ms)

    async def utc_ms(self):
        return self.utc_ms_told

    def rejoin(self):
        self._joined = False

    def _pass(self):
        self._clock.at_ms += 1200
        self._free_ms = self._clock.at_ms + 20000


class Water:
    """A level sensor over a creek given as a function of the instant; None is no echo."""

    def __init__(self, clock, distance_mm):
        self._clock = clock
        self._distance_mm = distance_mm
        self.reads = 0

    async def read(self):
        self.reads += 1
        self._clock.at_ms += 500
        mm = self._distance_mm(self._clock.at_ms)
        return {"distance": "no_echo" if mm is None else mm, "temperature": 105}


class World:
    """One node's hardware and its neighbourhood; `live` wakes it until an instant."""

    NUMBER = 2

    def __init__(self, distance_mm=lambda ms: 2000, flash=None, **config):
        self.board_clock = Clock()
        self.flash_store = flash or Memory()
        self.rtc_store = Memory()
        self.link = Link(self.board_clock)
        self.water = Water(self.board_clock, distance_mm)
        self.battery_cv = 360
        self.resets = 0
        self.forgotten = 0
        config["sensors"] = [{"part": "a02yyuw", "port": 1}]
        self.config = config
        self.wakes = 0
        self.lines = []

    def clock(self):
        return self.board_clock

    def flash(self):
        return self.flash_store

    def rtc(self):
        return self.rtc_store

    def battery(self):
        return self.battery_cv

    def randrange(self, stop):
        return 0

    def log(self, line):
        self.lines.append(line)

    def reset_cause(self):
        return 4 if self.rtc_store.values else 1

    def uart(self, port, baudrate):
        """What is read comes from `water`."""

    def forget(self):
        self.forgotten += 1

    def reset(self):
        self.resets += 1

    def cut_power(self):
        self.rtc_store = Memory()
        self.board_clock.at_ms = 0
        self.link._free_ms = 0

    def live(self, until_s):
        while self.board_clock.at_ms < until_s * 1000:
            self.wake()
        return self

    def wake(self):
        self.wakes += 1
        files = {"config.json": self.config, "secrets.json": SECRETS}
        settled = plan.load(self, lambda name: files[name])
        node = Node(self, settled, lambda: [self.water], lambda: self.link)
        pause_ms = run(node.wake())
        self.board_clock.at_ms += pause_ms

    def sent(self, fport):
        return [frame for frame in self.link.frames if frame[1] == fport]


def run(program):
    try:
        program.send(None)
    except StopIteration as stop:
        return stop.value
    raise AssertionError("nothing here waits")


def values_of(frame):
    return report.decode(frame[2])


def flood(start_ms, mm_per_min, top_mm=900):
    return lambda ms: max(top_mm, 2000 - max(0, ms - start_ms) * mm_per_min // 60000)


def commanded(world, *orders, token=7):
    """The results of these orders, sent with the next report and answered."""
    payload = cbor.encode((-20, token) + orders)
    world.link.answers = [Downlink(10, payload, False)]
    before = len(world.sent(11))
    world.live(world.board_clock.at_ms // 1000 + 1000)
    assert world.link.answers == [] and len(world.sent(11)) == before + 1
    answer = cbor.decode(world.sent(11)[-1][2])
    assert answer[:2] == (-21, token)
    return answer[2:]


def number_of(name):
    return (registry.TABLE.index(name) - 1) // 6
