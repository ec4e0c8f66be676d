"""The HTTP interface to what is stored."""
