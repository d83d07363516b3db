"""Runs in the MicroPython VM: every `test_*` function of the host's modules, a JSON line for each."""

import gc
import io
import json
import sys

import _host


def _traceback(error):
    text = io.StringIO()
    sys.print_exception(error, text)
    return text.getvalue()


def _attempt(module, name, do):
    gc.enable()  # a radio that the last test left awake has it off
    line = {"module": module, "name": name, "error": None}
    try:
        line["result"] = do()
    except Exception as error:
        line["error"] = _traceback(error)
    _host.report(json.dumps(line))


def _run(module):
    loaded = __import__("tests.shared." + module, None, None, ("*",))
    for name in sorted(dir(loaded)):
        if name == "transcript" or name.startswith("test_"):
            _attempt(module, name, getattr(loaded, name))


for module in _host.modules().split():
    _attempt(module, "import and run", lambda module=module: _run(module))
