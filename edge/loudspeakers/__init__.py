"""Loudspeakers at the roadside: what the room has them say, and what they answer when asked whether they did."""
