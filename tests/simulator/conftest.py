"""The simulator's own tests use its plugin as everybody may."""

from simulator.plugin import messfunk_sim

__all__ = ["messfunk_sim"]
