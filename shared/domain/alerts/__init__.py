"""Alert rules of a tenant, the values that they judge, and the records of alerts."""
