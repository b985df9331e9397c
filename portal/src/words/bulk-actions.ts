export const words = {
  title: "Bulk actions",
  none: "No bulk action yet",
  noneText: "A bulk action does the same with many Cloud PCs, one wave after the other.",
  columns: { action: "What", status: "Status", percent: "Done", total: "Cloud PCs", by: "Requested by", created: "Requested" },
} as const;
