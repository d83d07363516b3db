"""What values mean: marks, rise, silence, indices; and who is told when one of them matters."""
