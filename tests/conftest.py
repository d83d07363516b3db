"""What all tests have in common: how much hypothesis tries, the language commands speak, bytecode, garbage.

Of hypothesis `ci` is the same everywhere, `fuzz` is for long.
"""

import gc
import os
import sys

from hypothesis import settings

os.environ["LC_ALL"] = "C.UTF-8"  # whatever the developer speaks

# Where a container forbids bytecode, each process that a test starts would compile our sources anew.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

settings.register_profile("dev", max_examples=50, deadline=None)
settings.register_profile("ci", max_examples=300, derandomize=True, print_blob=True, deadline=None)
settings.register_profile("fuzz", max_examples=3000, print_blob=True, deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "dev"))


def pytest_collection_finish() -> None:
    """Modules and tests stay; the firmware, which collects at each wake, looked through them each time."""
    gc.collect()
    gc.freeze()
