"""A NEMA ring-barrier signal controller as a pure machine: no socket, no SUMO, no clock of its own."""
