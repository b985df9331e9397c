export const words = {
  title: "Audit",
  none: "Nothing has happened yet",
  noneText: "Every change appears here, also those that were refused.",
  columns: { at: "When", what: "What", who: "Who", result: "Result", which: "Of what" },
  changes: "What has changed",
  noChanges: "No property was changed.",
  changeColumns: { property: "Property", before: "Before", after: "After" },
} as const;
