export const words = {
  title: "Operations",
  about: "Everything that takes a while, with its steps and its result.",
  none: "Nothing has been done yet",
  noneText: "Health checks, image builds, actions and planning appear here.",
  columns: { kind: "What", of: "Of what", status: "Status", percent: "Done", by: "Requested by", created: "Requested" },
  statuses: ["running", "succeeded", "failed", "notStarted", "canceled"],
  steps: "Steps",
  noSteps: "It has not begun.",
  result: "Result",
  error: "What went wrong",
} as const;
