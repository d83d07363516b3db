"""LILYGO T-Beam 1.x with SX1262: ESP32 with an AXP power chip.

Pins: meshtastic variants/esp32/tbeam: SX1262 with BUSY 32 and DIO1 33; the AXP192/AXP2101 on I2C 21/22 (IRQ
35) powers the radio and measures the battery: no divider, the battery is asked over I2C by nobody yet. UART
1: our choice.
"""

NAME = "t_beam"
NUMBER = 3  # in the hello
CHIP = "esp32"
IMAGE = "ESP32_GENERIC"  # MicroPython's name of the build
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
BATTERY = None
SENSOR_POWER = None  # sensors are always powered
BOOT_PIN = 0  # held at power-on, the node stays in the REPL
