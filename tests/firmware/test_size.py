"""Flash and heap of the LoRaWAN stack and of a node's wakes in the real VM; `make size` prints the tables."""

from tests.micropython import size, wakes


def test_the_stack_does_not_grow_unseen() -> None:
    costs = size.measure()
    of = {cost.module: cost.heap_bytes for cost in costs}
    assert len(costs) == len(size.MODULES) + len(size.ON_USE) + 3
    assert size.total(costs, size.MODULES)[1] <= 40 * 1024
    assert size.total(costs, size.MODULES + size.ON_USE)[0] <= 32 * 1024
    assert of["(one uplink cycle)"] <= 6 * 1024
    assert of["(start of TX to end of RX2)"] <= 2 * 1024  # the collector is off in between


def test_a_node_and_its_wakes_do_not_grow_unseen() -> None:
    whole, life = wakes.measure()
    assert whole <= 68 * 1024
    sampling = [wake for wake in life if wake.kind == "only samples"]
    assert max(wake.mpy_bytes for wake in sampling) <= 20 * 1024
    assert max(wake.peak_bytes for wake in sampling) <= 36 * 1024
    assert max(wake.peak_bytes for wake in life) <= 70 * 1024
