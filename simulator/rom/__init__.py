"""What a virtual board has built in: MicroPython modules whose other side is the simulator."""
