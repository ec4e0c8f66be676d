"""A simulated BMKG: weather warnings and earthquakes in the formats and at the paths of the real one."""
