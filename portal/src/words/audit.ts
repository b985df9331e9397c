export const words = {
  title: "Audit",
  none: "Nobody has changed anything yet",
  noneText: "Every change by a person or a program appears here, also those that were refused.",
  columns: { at: "When", what: "What", who: "Who", result: "Result", which: "Of what" },
} as const;
