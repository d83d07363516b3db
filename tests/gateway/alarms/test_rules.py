"""The step of a mark's alarm, by its rules and as a machine that hypothesis drives."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from gateway.alarms.rules import Confirm, Mark, Sample, State, judge

ONE = Mark(1, "aue", "level", "value", "Meldestufe I", 1000, 50, "1", "test", 0, None)
TWO = replace(ONE, confirm="2of3")
VALUES = st.integers(900, 1100)
SAMPLES = st.lists(st.tuples(VALUES, st.booleans()), max_size=30)


def play(mark: Mark, *samples: Sample) -> list[bool]:
    state, on = State(), []
    for sample in samples:
        state = judge(mark, state, sample)
        on.append(state.is_on)
    return on


def plain(*values: float) -> list[Sample]:
    return [Sample(time, value) for time, value in enumerate(values)]


def test_a_plain_sample_raises_at_once_and_the_hysteresis_governs_the_end() -> None:
    assert play(ONE, *plain(999, 1000, 951, 950, 949, 999, 1000)) == [
        False, True, True, True, False, False, True,
    ]  # fmt: skip


def test_a_suspect_sample_waits_for_the_next_agreeing_one() -> None:
    suspect = [Sample(0, 1500, is_suspect=True), Sample(1, 1500, is_suspect=True)]
    assert play(ONE, *suspect) == [False, True]
    assert play(ONE, suspect[0], Sample(1, 1200)) == [False, True]
    assert play(ONE, suspect[0], Sample(1, 900), Sample(2, 1500, is_suspect=True)) == [False, False, False]


def test_a_suspect_sample_does_not_end_an_alarm_either() -> None:
    low = [Sample(1, 0, is_suspect=True), Sample(2, 1200), Sample(3, 0, is_suspect=True), Sample(4, 0)]
    assert play(ONE, Sample(0, 1200), *low) == [True, True, True, True, False]


def test_two_of_three() -> None:
    assert play(TWO, *plain(1000, 900, 1000, 1000, 900, 900)) == [False, False, True, True, True, False]
    assert play(TWO, *plain(1000, 900, 900, 1000)) == [False, False, False, False]


def test_a_nodes_own_alarm_is_believed_whatever_else_is_asked() -> None:
    for mark in (ONE, TWO):
        assert play(mark, Sample(0, 1000, is_suspect=True, is_confirmed=True)) == [True]
        assert play(mark, Sample(0, 1000, is_confirmed=True), Sample(1, 0, is_confirmed=True)) == [
            True,
            False,
        ]
        assert play(mark, Sample(0, 999, is_confirmed=True)) == [False]


def test_a_nodes_alarm_of_the_instant_of_its_report_still_counts() -> None:
    assert play(ONE, Sample(5, 1500, is_suspect=True), Sample(5, 1500, is_confirmed=True)) == [False, True]


@given(SAMPLES, st.sampled_from([ONE, TWO]), st.integers(-5, 40), VALUES)
def test_what_is_older_changes_nothing(
    values: list[tuple[int, bool]], mark: Mark, time: int, value: int
) -> None:
    state = State()
    for at, (each, is_suspect) in enumerate(values):
        state = judge(mark, state, Sample(at, each, is_suspect))
    if values and time < len(values):
        assert judge(mark, state, Sample(time, value)) == state


@given(st.integers(0, 2000), st.lists(st.integers(-10, 10), max_size=60), st.sampled_from([ONE, TWO]))
def test_one_centimetre_of_noise_never_makes_it_flap(level: int, noise: list[int], mark: Mark) -> None:
    on = play(mark, *plain(*(level + each for each in noise)))
    assert sum(before != after for before, after in zip([False, *on], on, strict=False)) <= 1


class Machine(RuleBasedStateMachine):
    """Against what can be said from all samples at once, without the step's own memory."""

    def __init__(self) -> None:
        super().__init__()
        self.mark = ONE
        self.state = State()
        self.was_on = False
        self.seen: list[Sample] = []

    @initialize(confirm=st.sampled_from(["1", "2of3"]))
    def begin(self, confirm: Confirm) -> None:
        self.mark = replace(ONE, confirm=confirm)

    @rule(value=VALUES, is_suspect=st.booleans(), is_confirmed=st.booleans(), later=st.integers(1, 5))
    def sampled(self, value: int, is_suspect: bool, is_confirmed: bool, later: int) -> None:
        time = (self.state.time or 0) + later
        self.seen.append(Sample(time, value, is_suspect, is_confirmed))
        self.was_on = self.state.is_on
        self.state = judge(self.mark, self.state, self.seen[-1])

    @rule(value=VALUES)
    def told_late(self, value: int) -> None:
        if self.state.time is not None:
            assert judge(self.mark, self.state, Sample(self.state.time, value)) == self.state

    @invariant()
    def as_the_rules_say(self) -> None:
        if not self.seen:
            return
        newest = self.seen[-1]
        above, below = newest.value >= 1000, newest.value < 950
        agreeing = sum(
            (each.value >= 1000, each.value < 950) == (above, below)
            for each in self.seen[-3 if self.mark.confirm == "2of3" else -2 :]
        )
        believed = newest.is_confirmed or agreeing >= 2
        if self.mark.confirm == "1":
            believed = believed or not newest.is_suspect
        expected = True if above and believed else False if below and believed else self.was_on
        assert self.state.is_on == expected


TestMachine = Machine.TestCase
