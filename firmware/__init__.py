"""What runs on a node: sans-IO where bytes and time are understood, hardware only as handed in."""
