"""How a box comes to be what the regency wants it to be."""
