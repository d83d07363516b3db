"""Flash and heap of the LoRaWAN stack in the real VM; `make size` prints the table."""

from tests.micropython import size


def test_the_stack_does_not_grow_unseen() -> None:
    costs = size.measure()
    modules = [cost for cost in costs if cost.mpy_bytes]
    cycle_bytes = next(cost.heap_bytes for cost in costs if cost.module == "(one uplink cycle)")
    assert len(modules) == len(size.MODULES)
    assert sum(cost.mpy_bytes for cost in modules) <= 36 * 1024
    assert sum(cost.heap_bytes for cost in modules) <= 52 * 1024
    assert cycle_bytes <= 8 * 1024
