"""LILYGO T-Beam 1.x with SX1262: ESP32 with an AXP power chip.

Pins: meshtastic variants/esp32/tbeam: SX1262 with BUSY 32 and DIO1 33; the AXP192 (to version 1.1) or AXP2101
on I2C 21/22 (IRQ 35) feeds the radio and measures the battery. Rails: meshtastic src/Power.cpp, axpChipInit.
UART 1: our choice.
"""

NAME = "t_beam"
NUMBER = 3  # in the hello
CHIP = "esp32"
DEEP_SLEEP = True

RADIO = {
    "chip": "sx1262",
    "spi": 2,
    "sck": 5,
    "mosi": 27,
    "miso": 19,
    "cs": 18,
    "reset": 23,
    "busy": 32,
    "dio1": 33,
    "tcxo_mv": 1800,
}
UARTS = {1: (14, 39)}  # port: (TX, RX)
I2CS = {0: (22, 21)}  # port: (SCL, SDA)
BATTERY = {
    "by": "axp",
    "i2c": 0,
    # (to be on, to be off): header and OLED, radio; GNSS. The rail of the ESP32 is left alone.
    "rails": {"axp192": (("dc1", "ldo2"), ("ldo3",)), "axp2101": (("aldo2",), ("aldo3",))},
}
SENSOR_POWER = None  # sensors are always powered
BOOT_PIN = 0  # held at power-on, the node stays in the REPL
