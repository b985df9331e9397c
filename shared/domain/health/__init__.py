"""Health of the service and of its tenants: sections, stable codes, thresholds and judgement."""
