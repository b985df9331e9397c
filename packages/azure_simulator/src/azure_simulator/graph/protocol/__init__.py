"""What all of Graph has in common: authorisation, errors, throttling, OData queries and pages, batches."""
