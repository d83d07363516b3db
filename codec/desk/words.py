"""Names of the codes on the wire, other than those of quantities and faults."""

# The port a kind of message is sent on. A decoder may go by it and must not need it.
FPORTS = {"report": 1, "batch": 2, "alarm": 3, "hello": 4, "command": 10, "answer": 11}

# The bits of `status`, from bit 0 on.
STATUS = {
    "journal_fails": "the flash for the journal is full or worn out",
    "quiet": "the battery is low, so less is measured and sent",
    "configuration": "a part of the configuration was refused",
    "marks_missing": "no marks are in force",
    "noise_floor": "the level is below the microphone's own noise",
    "noise_overload": "the microphone was overloaded",
    "clock_unset": "the clock was never set",
}

# The bits of `features` in a hello, from bit 0 on.
FEATURES = {
    "journal": "keeps a journal that can be asked for",
    "noise_in_blocks": "measures noise in blocks, not continuously",
    "faster_while_rising": "samples more often while the water rises",
}

# The first six are those of MicroPython's machine.reset_cause() on an ESP32.
RESET_CAUSES = (
    "unknown",
    "power_on",
    "reset_pin",
    "watchdog",
    "deep_sleep",
    "soft_reset",
    "brown_out",
    "panic",
    "command",
)

BOARDS = (
    "simulator",
    "ttgo_lora32",
    "heltec_v3",
    "t_beam",
    "t3_s3",
    "rak11200",
    "rak11310",
    "rak3312",
    "esp32_rui3",
)

RESULTS = ("done", "unknown_order", "bad_argument", "not_possible", "busy")
