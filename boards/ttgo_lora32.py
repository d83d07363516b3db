"""LILYGO TTGO LoRa32 v2.1_1.6: ESP32 and SX1276.

Pins: meshtastic variants/esp32/tlora_v2_1_16 (radio, battery, OLED's I2C); MicroPython
boards/LILYGO_TTGO_LORA32. UART 1 lies on pins of the header that the SD card does not use: our choice. The
SX1276 sits on PA_BOOST only.
"""

NAME = "ttgo_lora32"
NUMBER = 1  # in the hello
CHIP = "esp32"
DEEP_SLEEP = True

RADIO = {
    "chip": "sx1276",
    "spi": 2,
    "sck": 5,
    "mosi": 27,
    "miso": 19,
    "cs": 18,
    "reset": 23,
    "dio0": 26,
    "dio1": 33,
}
UARTS = {1: (4, 36)}  # port: (TX, RX)
I2CS = {0: (22, 21)}  # port: (SCL, SDA)
BATTERY = {
    "by": "divider",
    "pin": 35,
    "upper_kohm": 100,
    "lower_kohm": 100,
}
SENSOR_POWER = None  # sensors are always powered
BOOT_PIN = 0  # held at power-on, the node stays in the REPL
