"""One file per sensor part: its bytes parsed sans-IO, beside a class that talks to the bus."""
