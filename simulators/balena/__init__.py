"""The part of balena's API that provisioning speaks, over HTTPS."""
