"""Dashboards: composition of panels, nothing else."""
