"""Running as a service: what systemd is told, and the files that install it."""
