"""The report, on both Pythons."""

from codec import cbor, report
from codec.registry import BITMAP_BIAS, FAULTS, GROUPS, QUANTITIES
from codec.wire import WireError

CREEK = {"distance": 1234, "temperature": 123}
STREET = {"laeq": 613, "lafmax": 789, "l10": 642, "l90": 521}
DUST = {"pm25": 84, "pm10": 127, "temperature": 123, "humidity": 71}
FOUR_BINS = {"pm1": 61, "pm25": 84, "pm4": 90, "pm10": 127, "temperature": 123, "humidity": 71}


def joined(*reports):
    values = {}
    for each in reports:
        values.update(each)
    return values


ALL = joined(CREEK, STREET, FOUR_BINS, {"battery": 371})


def refusal(do, *arguments):
    try:
        do(*arguments)
    except WireError as error:
        return str(error)
    raise AssertionError(arguments)


def random_reports(count):
    """Seeded reports with values over the whole ranges and now and then a fault, the same on both Pythons."""
    state = 20261122
    for _ in range(count):
        values = {}
        for group in GROUPS:
            state = (state * 1103515245 + 12345) & 0x7FFFFFFF
            kind = state >> 16 & 7
            for name, _, least, most, _ in group:
                state = (state * 1103515245 + 12345) & 0x7FFFFFFF
                if kind == 1:
                    values[name] = (
                        FAULTS[(state >> 8) % len(FAULTS)] if name == group[0][0] else values[group[0][0]]
                    )
                elif kind in (2, 3, 4):
                    values[name] = least + (state >> 3) % (most - least + 1)
        yield values


def test_the_same_values_come_back():
    for values in (CREEK, STREET, DUST, FOUR_BINS, ALL, {}, {"status": 0}, {"age_s": 11}):
        assert report.decode(report.encode(values)) == (values, (0, b""))


def test_random_reports_come_back():
    for values in random_reports(300):
        payload = report.encode(values)
        assert report.decode(payload) == (values, (0, b"")), values
        for size in range(len(payload)):
            refusal(report.decode, payload[:size])


def test_both_ends_of_each_range_fit_and_one_step_more_is_refused():
    for name, _, least, most, _ in QUANTITIES:
        for value in (least, most):
            assert report.decode(report.encode({name: value})).values == {name: value}
        for value in (least - 1, most + 1):
            assert name in refusal(report.encode, {name: value})


def test_a_fault_stands_for_its_group():
    for fault in FAULTS:
        payload = report.encode({"distance": fault, "temperature": 100})
        assert report.decode(payload).values == {"distance": fault, "temperature": 100}
    partly = report.encode({"laeq": "no_answer"})
    assert report.decode(partly).values == {
        "laeq": "no_answer",
        "lafmax": "no_answer",
        "l10": "no_answer",
        "l90": "no_answer",
    }
    assert "no value" in refusal(report.encode, {"laeq": "overload", "lafmax": 900})
    assert "no value" in refusal(report.encode, {"laeq": "overload", "lafmax": "stuck"})
    assert "no such fault" in refusal(report.encode, {"distance": "asleep"})


def test_a_fault_of_a_newer_registry_keeps_its_code():
    assert report.decode(bytes.fromhex("8210811863")).values == {"distance": "fault_99"}


def test_a_part_of_a_group_may_not_be_measured():
    for values in ({"pm1": 30}, {"pm10": 90}, {"laeq": 500, "lafmax": 700}, {"rain_total": 1234}):
        assert report.decode(report.encode(values)).values == values


def test_a_relative_quantity_without_its_reference_is_relative_to_the_centre():
    pm25, pm4 = QUANTITIES[0], QUANTITIES[5]
    assert report.encode({"pm4": pm25[1] + pm4[1] + 5}).hex() == "8327f605"
    for reference in ("stuck", "no_answer"):
        values = {"pm25": reference, "pm10": reference, "pm4": 42}
        assert report.decode(report.encode(values)).values == values


def test_what_is_no_quantity_or_no_value_is_refused():
    for values in ({"level": 1200}, {"distance": None}, {"Distance": 1}, {"distance": 1234, "ph": 7}):
        assert "not all of these" in refusal(report.encode, values)
    for value in (12.5, b"1", (1,)):
        assert "distance" in refusal(report.encode, {"distance": value})


def test_the_tail_of_a_newer_registry_is_kept_raw():
    newer = 0b101 << len(GROUPS)
    slot = newer + 0b10 - BITMAP_BIAS
    for tail in ((10, (3,)), (-70000, None), (None, (1, 2), 256, 0)):
        payload = cbor.encode((slot, 5) + tail)
        assert report.decode(payload) == ({"temperature": 105}, (newer, cbor.encode(tail)[1:]))
    assert "newer bits" in refusal(report.decode, cbor.encode((slot, 5, 10)))
    assert "newer bits" in refusal(report.decode, cbor.encode((0b10 - BITMAP_BIAS, 5, 10)))


def test_what_is_no_report_is_refused():
    for items in ((), (None,), ((2,),), (-BITMAP_BIAS - 1,), (-BITMAP_BIAS, 0), (2 - BITMAP_BIAS,)):
        refusal(report.decode, cbor.encode(items))
    for group in (None, (), (None,), (-1,), (1, 1)):
        refusal(report.decode, cbor.encode((2 - BITMAP_BIAS, group)))
    for pair in ((None, None), (1,), (1, (1,)), ((1,), 1)):
        refusal(report.decode, cbor.encode((1 - BITMAP_BIAS,) + pair))


def test_a_report_too_long_is_split_by_urgency():
    values = joined(ALL, {"status": 3, "number": 1000})
    whole = report.encode(values)
    assert report.split(values, len(whole)) == [whole]
    for limit in range(9, len(whole)):
        parts = report.split(values, limit)
        assert max([len(part) for part in parts]) <= limit
        together = {}
        for part in parts:
            together.update(report.decode(part).values)
        for name in values:
            assert together[name] in (values[name], "no_room"), (limit, name)
        assert report.decode(parts[0]).values["distance"] == 1234
    assert report.decode(report.split(values, 40)[0]).values["laeq"] == 613
    # At US915's slowest data rate only the noise, with its number, has no room.
    for part in report.split(values, 11):
        for name, value in report.decode(part).values.items():
            assert value != "no_room" or name in STREET, name


def test_every_part_carries_number_and_age():
    values = joined(CREEK, DUST, {"number": 20, "age_s": 15})
    for part in report.split(values, 13):
        decoded = report.decode(part).values
        assert (decoded["number"], decoded["age_s"]) == (20, 15)


def test_a_limit_that_holds_nothing_is_refused():
    for values in (CREEK, {"number": 40000, "age_s": 40000}):
        assert "fits into 3 bytes" in refusal(report.split, values, 3)


def transcript():
    return [report.encode(values).hex() for values in random_reports(300)]
