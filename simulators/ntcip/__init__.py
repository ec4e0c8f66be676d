"""An NTCIP 1202 agent over SNMP for each simulated controller."""
