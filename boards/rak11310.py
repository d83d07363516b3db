"""RAK11310: RP2040 and SX1262.

Pins: meshtastic variants/rp2040/rak11310: radio on SPI1, power and antenna 25, battery at GP26 times 1.84;
I2C0 20/21. Its light sleep loses time and returns early (micropython #16519, #17204): it stays awake, for
mains or solar.
"""

NAME = "rak11310"
NUMBER = 6  # in the hello
CHIP = "rp2040"
DEEP_SLEEP = False

RADIO = {
    "chip": "sx1262",
    "spi": 1,
    "sck": 10,
    "mosi": 11,
    "miso": 12,
    "cs": 13,
    "reset": 14,
    "busy": 15,
    "dio1": 29,
    "tcxo_mv": 1800,
}
UARTS = {0: (0, 1)}  # port: (TX, RX)
I2CS = {0: (21, 20)}  # port: (SCL, SDA)
BATTERY = {
    "by": "divider",
    "pin": 26,
    "upper_kohm": 84,
    "lower_kohm": 100,
}
SENSOR_POWER = (25, 1)  # (pin, level that switches it on)
BOOT_PIN = None  # its BOOTSEL button is no pin
