"""Simulated network horns: they take RTP, play it into WAV files, and say how they are."""
