"""The operator console: pages for those who act, and for crews on their phones."""
