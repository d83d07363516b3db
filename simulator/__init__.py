"""Stands in for world, board, radio, air and packet forwarder, around the unmodified firmware."""
