"""Simulated cameras: a scene in metres, its picture, H.264 over RTSP, and the truth beside it."""
