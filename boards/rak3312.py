"""RAK3312: ESP32-S3 and SX1262.

Pins: meshtastic variants/esp32s3/rak3312: module power 4, battery at GPIO1. The divider is that of the RAK
base board (1 Mohm over 1.5 Mohm). UART 1 and I2C 0: WisBlock's.
"""

NAME = "rak3312"
NUMBER = 7  # in the hello
CHIP = "esp32s3"
DEEP_SLEEP = True

RADIO = {
    "chip": "sx1262",
    "spi": 1,
    "sck": 5,
    "mosi": 6,
    "miso": 3,
    "cs": 7,
    "reset": 8,
    "busy": 48,
    "dio1": 47,
    "tcxo_mv": 1800,
}
UARTS = {1: (43, 44)}  # port: (TX, RX)
I2CS = {0: (40, 9)}  # port: (SCL, SDA)
BATTERY = {
    "by": "divider",
    "pin": 1,
    "upper_kohm": 1000,
    "lower_kohm": 1500,
}
SENSOR_POWER = (4, 1)  # (pin, level that switches it on)
BOOT_PIN = 0  # held at power-on, the node stays in the REPL
