"""Incidents: from what sources say is wrong to a crew on the spot and a verified end."""
