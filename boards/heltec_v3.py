"""Heltec WiFi LoRa 32 V3: ESP32-S3 and SX1262.

Pins: meshtastic variants/esp32s3/heltec_v3: 1.8 V TCXO on DIO3, antenna switch on DIO2, ADC_CTRL 37 low
while the battery is read (divider 4.9 times 1.045), Vext 36 low for the sensors' supply. UART 1 and I2C 0:
our choice of header pins.
"""

NAME = "heltec_v3"
NUMBER = 2  # in the hello
CHIP = "esp32s3"
DEEP_SLEEP = True

RADIO = {
    "chip": "sx1262",
    "spi": 1,
    "sck": 9,
    "mosi": 10,
    "miso": 11,
    "cs": 8,
    "reset": 12,
    "busy": 13,
    "dio1": 14,
    "tcxo_mv": 1800,
}
UARTS = {1: (47, 48)}  # port: (TX, RX)
I2CS = {0: (42, 41)}  # port: (SCL, SDA)
BATTERY = {
    "by": "divider",
    "pin": 1,
    "upper_kohm": 412,
    "lower_kohm": 100,
    "enable": (37, 0),  # (pin, level that switches it on)
}
SENSOR_POWER = (36, 0)  # (pin, level that switches it on)
BOOT_PIN = 0  # held at power-on, the node stays in the REPL
