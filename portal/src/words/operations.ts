export const words = {
  title: "Operations",
  none: "Nothing has been done yet",
  noneText: "Health checks, image builds, actions and planning appear here.",
  columns: { kind: "What", status: "Status", percent: "Done", by: "Requested by", created: "Requested" },
  steps: "Steps",
  result: "Result",
  error: "What went wrong",
} as const;
