"""Boards: pins by function, one module each."""
