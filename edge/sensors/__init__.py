"""One file per bus or family of devices."""
