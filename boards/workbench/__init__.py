"""The technician's tools: build, flash, provision, check and watch a node over its serial port."""


class WorkbenchError(Exception):
    """What the technician can do something about; the text says what."""
