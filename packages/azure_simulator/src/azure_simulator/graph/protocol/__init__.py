"""Protocol common to all of Graph: authorisation, errors, throttling, OData queries and pages, batches."""
