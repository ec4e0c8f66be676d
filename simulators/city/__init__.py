"""Real traffic: SUMO in process, its junctions shown by our controllers."""
