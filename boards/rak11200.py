"""RAK11200 (ESP32) on a WisBlock base with RAK13300 (SX1262).

Pins: meshtastic variants/esp32/rak11200, beegee SX126x-Arduino board.cpp 325-345: reset WB_IO4, BUSY
WB_IO5, DIO1 WB_IO6, antenna switch 26, module power WB_IO2 27; battery at GPIO36 behind 1 Mohm over 1.5
Mohm; I2C 4/5. UART 1: WisBlock's.
"""

NAME = "rak11200"
NUMBER = 5  # in the hello
CHIP = "esp32"
DEEP_SLEEP = True

RADIO = {
    "chip": "sx1262",
    "spi": 2,
    "sck": 33,
    "mosi": 25,
    "miso": 35,
    "cs": 32,
    "reset": 23,
    "busy": 13,
    "dio1": 22,
    "tcxo_mv": 1800,
}
UARTS = {1: (21, 19)}  # port: (TX, RX)
I2CS = {0: (5, 4)}  # port: (SCL, SDA)
BATTERY = {
    "by": "divider",
    "pin": 36,
    "upper_kohm": 1000,
    "lower_kohm": 1500,
}
SENSOR_POWER = (27, 1)  # (pin, level that switches it on)
BOOT_PIN = 0  # held at power-on, the node stays in the REPL
