"""Routes of usage: reports for charts, and the overview of all tenants."""
