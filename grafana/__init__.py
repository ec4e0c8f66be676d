"""The wall: Grafana dashboards and alert rules as code, and what publishes them."""
