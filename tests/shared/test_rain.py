"""A tipping bucket on a board that sleeps deeply: a tip ends the sleep, is counted, the sleep goes on."""

from boards import heltec_v3
from codec import report
from firmware import main
from tests.shared import test_real_board as real
from tests.shared.board_twin import Installed, Machine, Reed
from tests.shared.radio_twin import World

PIN = 4
BOOT_US = 800000
CLOSED_US = 120000
START_US = 400000000  # after the join and the first report
END_US = 1250000000
CONFIG = {
    "sensors": [
        {"part": "a02yyuw", "port": 1},
        {"part": "tipping_bucket", "port": PIN, "tip_um": 200},
    ],
    "data_rate": 5,
    "interval_s": 300,
}


class Rain:
    """A node under a bucket whose contact is closed in `spans_us`."""

    def __init__(self, spans_us):
        self.machine = Machine(heltec_v3, World())
        self.reed = Reed(self.machine.world, spans_us)
        self.machine.Pin.wired[PIN] = self.reed
        self.network = real.Network(self.machine.chip)
        self.wakes = []  # (us, why, whether it used the radio)
        self.lines = []

    def live(self, until_us):
        world = self.machine.world
        with Installed(self.machine) as device:
            while world.us < until_us:
                woken_us, sent = world.us, len(self.machine.chip.transmitted)
                world.pass_us(BOOT_US)
                board = device.board(heltec_v3)
                board.log = self.lines.append
                armed_us = world.us
                pause_ms = main.run(main.assemble(board, real.reader(CONFIG)).wake())
                self.reed.interrupt(armed_us, world.us)
                used = len(self.machine.chip.transmitted) > sent
                self.wakes.append((woken_us, self.machine.wake_reason(), used))
                board.sleep(pause_ms)
        return self

    def told(self):
        """What the reports said of the rain, in 0.1 mm: (since the last, in total)."""
        opened = [self.network.open(phy, at) for at, phy in enumerate(self.network.uplinks)]
        values = [report.decode(payload) for fport, payload in opened if fport == 1]
        return [(each["rain"], each["rain_total"]) for each in values if "rain" in each]


def tips(count, every_us):
    return [(START_US + at * every_us, START_US + at * every_us + CLOSED_US) for at in range(count)]


def test_each_tip_is_counted_once_by_a_wake_without_radio_and_the_schedule_keeps_its_time():
    dry, wet = Rain([]).live(END_US), Rain(tips(30, 7300000)).live(END_US)
    assert dry.told()[-1] == (0, 0) and wet.told()[-1][1] == 30 * 2
    assert sum([rain for rain, _ in wet.told()]) == 30 * 2
    by_pin = [wake for wake in wet.wakes if wake[1] == Machine.PIN_WAKE]
    assert len(by_pin) >= 28 and not [wake for wake in by_pin if wake[2]]  # the others met it awake
    assert len(wet.wakes) == len(dry.wakes) + len(by_pin) and wet.lines == dry.lines
    by_timer = [[us for us, why, _ in rain.wakes if why == Machine.TIMER_WAKE] for rain in (dry, wet)]
    assert len(by_timer[0]) >= 5  # and none more than a tip's wake late
    assert all(abs(dry_us - wet_us) <= 2 * BOOT_US for dry_us, wet_us in zip(by_timer[0], by_timer[1]))


def test_a_bucket_that_rests_on_its_contact_counts_once_and_wakes_twice():
    stuck = Rain([(START_US, START_US + 500000000)]).live(END_US)
    assert stuck.told()[-1][1] == 2
    assert len([wake for wake in stuck.wakes if wake[1] == Machine.PIN_WAKE]) == 2


def test_bounces_are_one_tip():
    bouncing = []
    for close_us, open_us in tips(10, 30000000):
        bouncing += [
            (close_us, close_us + 2000),
            (close_us + 4000, close_us + 5000),
            (close_us + 9000, open_us),
        ]
    assert Rain(bouncing).live(END_US).told()[-1][1] == 10 * 2


def test_a_tip_while_the_node_is_awake_is_counted_by_interrupt():
    first = Rain([]).live(START_US)
    awake = [us for us, _, used in first.wakes if used and us > 0][-1]
    at_us = awake + BOOT_US + 1000
    assert Rain([(at_us, at_us + CLOSED_US)]).live(END_US).told()[-1][1] == 2
