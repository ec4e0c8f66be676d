"""The room's side of cameras: what is asked of their boxes, live pictures, the chain of clips."""
