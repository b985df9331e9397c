"""Parts for any machine: creation, joining, cleaning up."""
