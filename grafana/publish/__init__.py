"""Brings a running Grafana to what the code says, and leaves alone what is not ours."""
