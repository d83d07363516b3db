"""The embedded LoRaWAN network server, sans-IO: values in, decisions out, time passed in."""
