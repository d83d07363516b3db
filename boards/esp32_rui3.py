"""Any ESP32 with a RAK3172 or RAK4631-R as modem on UART 2.

Pins: The modem is wired by hand: its TX to 16, its RX to 17, 115200 baud (RUI3 4.x). UART 1 and I2C 0 for
sensors: our choice. The battery is read by the modem (AT+BAT).
"""

NAME = "esp32_rui3"
NUMBER = 8  # in the hello
CHIP = "esp32"
DEEP_SLEEP = True

RADIO = {"chip": "rui3", "uart": 2, "tx": 17, "rx": 16, "baudrate": 115200}
UARTS = {1: (25, 26)}  # port: (TX, RX)
I2CS = {0: (22, 21)}  # port: (SCL, SDA)
BATTERY = {"by": "modem"}
SENSOR_POWER = None  # sensors are always powered
BOOT_PIN = 0  # held at power-on, the node stays in the REPL
