"""The only writer to a signal controller: leases, interlocks, revert; and what the signals' status says."""
