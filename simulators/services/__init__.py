"""The public services of a simulated regency: sources of modules that speak what real ones speak."""
