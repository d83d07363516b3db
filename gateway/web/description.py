"""What /openapi.json says beyond the shapes: the event stream, and errors under their own media type."""

from typing import Any

from fastapi import FastAPI

from gateway.web.problems import MEDIA_TYPE
from gateway.web.shapes import Problem

EVENT_STREAM = "text/event-stream"
Responses = dict[int | str, dict[str, Any]]
_PROBLEM = {"$ref": f"#/components/schemas/{Problem.__name__}"}

REFUSALS: Responses = {
    422: {"model": Problem, "description": "A parameter is not understood"},
    503: {"model": Problem, "description": "The store cannot be read"},
}
REFUSALS_OF_ONE: Responses = REFUSALS | {
    404: {"model": Problem, "description": "The device is not registered"}
}
REFUSED_CHANGES: Responses = REFUSALS_OF_ONE | {
    401: {"model": Problem, "description": "Nobody known asks"},
    403: {"model": Problem, "description": "The role does not reach, or the request comes from another site"},
    409: {"model": Problem, "description": "It does not fit what there is already"},
}
EVENTS: Responses = REFUSALS | {
    200: {
        "description": "`event` is uplink, reading, join or alarm, `data` an Uplink, a Reading, a Device or "
        '`{"id": 7}` of an alarm as JSON; '
        "`id` is where to go on from and never falls. Comment lines are heartbeats.",
        "content": {
            EVENT_STREAM: {"schema": {"type": "string"}, "example": "id: 7\nevent: reading\ndata: {}\n\n"}
        },
    }
}
NEWS: Responses = REFUSALS | {
    200: {
        "description": "`event` is reading or alarm, `data` a reading with its `site_id`, or `site_id` and "
        "`id` of an alarm, as JSON. Who reads too slowly is let go. Comment lines are heartbeats.",
        "content": {EVENT_STREAM: {"schema": {"type": "string"}, "example": "event: reading\ndata: {}\n\n"}},
    },
    503: {
        "model": Problem,
        "description": "As many listen as there is room for, or the store cannot be read",
    },
}
# What any operation may answer, before it has been looked at.
_BEFORE = {
    "400": "The body is no JSON",
    "401": "The token or cookie is not in force, or nobody known asks",
    "403": "The role does not reach, or the request comes from another site",
    "408": "The body did not come in time",
    "413": "The body is too long",
    "421": "Asked by a name that is not ours",
    "429": "Too much was asked, or too many wrong tokens came from there",
}


class DescribedApp(FastAPI):
    def openapi(self) -> dict[str, Any]:
        description = super().openapi()
        operations = [each for path in description["paths"].values() for each in path.values()]
        for operation in operations:
            for status, text in _BEFORE.items():
                told = {"description": text, "content": {MEDIA_TYPE: {"schema": _PROBLEM}}}
                operation["responses"].setdefault(status, told)
        for response in (each for operation in operations for each in operation["responses"].values()):
            content = response.get("content", {})
            if content.get("application/json", {}).get("schema") == _PROBLEM:
                content[MEDIA_TYPE] = content.pop("application/json")
        return description
