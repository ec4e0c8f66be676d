"""The physics of the simulated regency: pure models, the same for the same seed and instant."""
