"""Every byte format that two rooms speak; runs unchanged on MicroPython and CPython."""
