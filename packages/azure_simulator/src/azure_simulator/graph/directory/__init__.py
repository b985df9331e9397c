"""The directory of every tenant: documents, memberships, licences, the recycle bin, and how a seed is written."""
