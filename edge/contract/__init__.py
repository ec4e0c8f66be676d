"""What crosses the wire between boxes and cloud: a leaf that imports nothing else of ours."""
