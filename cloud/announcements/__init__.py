"""What the room says over roadside loudspeakers: clips, spoken texts, live voice."""
