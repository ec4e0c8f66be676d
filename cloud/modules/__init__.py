"""Public services' figures: a folder with a manifest each, no code."""
