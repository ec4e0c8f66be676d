"""Panels, one small function each, sorted by topic."""
