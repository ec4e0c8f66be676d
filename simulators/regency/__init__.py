"""The regency as a file: what stands where, from which ports, site files and the registry are derived."""
