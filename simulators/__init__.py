"""A regency that speaks the real protocols."""
