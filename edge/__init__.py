"""What runs on a box at the roadside."""
