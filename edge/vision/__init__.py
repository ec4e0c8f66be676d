"""Cameras: pictures become counts, events with evidence, and a recording."""
