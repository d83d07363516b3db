"""How much hypothesis tries (`ci` the same everywhere, `fuzz` for long), and the language commands speak."""

import os

from hypothesis import settings

os.environ["LC_ALL"] = "C.UTF-8"  # whatever the developer speaks

settings.register_profile("dev", max_examples=50, deadline=None)
settings.register_profile("ci", max_examples=300, derandomize=True, print_blob=True, deadline=None)
settings.register_profile("fuzz", max_examples=3000, print_blob=True, deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "dev"))
