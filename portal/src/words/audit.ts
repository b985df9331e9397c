export const words = {
  title: "Audit",
  none: "Nothing has happened yet",
  noneText: "Every change appears here, also those that were refused.",
  serviceTitle: "Audit of the service",
  serviceNoneText: "What is done to the service as a whole appears here, such as a pause.",
  ofTenant: "Tenant",
  ofTenantHint: "The id of a tenant, also of one that is deleted. Empty: the service as a whole.",
  columns: { at: "When", what: "What", who: "Who", result: "Result", which: "Of what" },
  changes: "What has changed",
  noChanges: "No property was changed.",
  changeColumns: { property: "Property", before: "Before", after: "After" },
} as const;
