"""Tells people of incidents: by chat, mail or whatever the library of addresses knows."""
