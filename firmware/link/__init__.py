"""The ways to the air behind one face."""
