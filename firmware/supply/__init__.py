"""The board's battery, one file per way to measure it; BATTERY of a board's module names its own as `by`."""
