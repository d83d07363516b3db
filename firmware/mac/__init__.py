"""LoRaWAN 1.0.4 class A as a state machine: events in, actions out. No await, no clock, no pin in it."""
