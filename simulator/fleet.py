"""Many nodes from one row of a scenario, and a storm that reaches each of them in its turn."""

import math
import random

from simulator.rows import FleetRow, NodeRow, Scenario, StormRow

METRES_PER_DEGREE = 111_320
_OWN = {"name", "count", "first_eui", "lat", "lon", "radius_m"}


def expand(scenario: Scenario) -> Scenario:
    """The scenario with every fleet as nodes and the storm as travel times."""
    nodes = list(scenario.node)
    for row in scenario.fleet:
        nodes += _members(row, scenario.seed)
    if scenario.storm:
        nodes = [_delayed(node, scenario.storm, scenario) for node in nodes]
    return scenario.model_copy(update={"node": nodes, "fleet": []})


def _members(row: FleetRow, seed: int) -> list[NodeRow]:
    rng = random.Random(f"{seed}:{row.name}:fleet")
    each = {key: value for key, value in row.model_dump().items() if key not in _OWN}
    members = []
    for number in range(row.count):
        radius_m, angle = row.radius_m * math.sqrt(rng.random()), rng.uniform(0, 2 * math.pi)
        lat = row.lat + radius_m * math.sin(angle) / METRES_PER_DEGREE
        lon = row.lon + radius_m * math.cos(angle) / METRES_PER_DEGREE / math.cos(math.radians(row.lat))
        name = row.name if row.count == 1 else f"{row.name} {number + 1}"
        dev_eui = f"{int(row.first_eui, 16) + number:016x}"
        members.append(NodeRow(name=name, dev_eui=dev_eui, lat=round(lat, 6), lon=round(lon, 6), **each))
    return members


def _delayed(node: NodeRow, storm: StormRow, scenario: Scenario) -> NodeRow:
    """Minutes after the rain at the first gateway; who lies before it gets the rain then, too."""
    origin = scenario.gateway[0]
    east_m = (node.lon - origin.lon) * METRES_PER_DEGREE * math.cos(math.radians(origin.lat))
    north_m = (node.lat - origin.lat) * METRES_PER_DEGREE
    bearing = math.radians(storm.bearing_deg)
    along_km = (east_m * math.sin(bearing) + north_m * math.cos(bearing)) / 1000
    delay_min = max(0, round(along_km / storm.speed_kmh * 60))
    return node.model_copy(update={"travel_min": min(1440, node.travel_min + delay_min)})
