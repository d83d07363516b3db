"""LILYGO T3-S3: ESP32-S3 and SX1262.

Pins: MicroPython boards/LILYGO_T3_S3 pins.csv (radio, battery at GPIO1 halved, 1.8 V TCXO). UART 1 and I2C
0: our choice of header pins.
"""

NAME = "t3_s3"
NUMBER = 4  # in the hello
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
    "busy": 34,
    "dio1": 33,
    "tcxo_mv": 1800,
}
UARTS = {1: (43, 44)}  # port: (TX, RX)
I2CS = {0: (17, 18)}  # port: (SCL, SDA)
BATTERY = {
    "by": "divider",
    "pin": 1,
    "upper_kohm": 100,
    "lower_kohm": 100,
}
SENSOR_POWER = None  # sensors are always powered
BOOT_PIN = 0  # held at power-on, the node stays in the REPL
