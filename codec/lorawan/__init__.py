"""LoRaWAN 1.0.x on the wire: frames, crypto, regions as rows, time on air."""
