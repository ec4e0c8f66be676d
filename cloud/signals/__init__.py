"""The room's side of a signal: requests, their way to the box and back, advice."""
