"""What runs in the data centre."""
