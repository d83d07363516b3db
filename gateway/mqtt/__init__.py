"""MQTT 5 and 3.1.1 in the asyncio loop: paho-mqtt speaks, the loop watches its socket."""
