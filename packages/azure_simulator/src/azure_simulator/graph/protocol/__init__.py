"""How Graph speaks: authorisation, errors, throttling, OData queries and pages, batches."""
