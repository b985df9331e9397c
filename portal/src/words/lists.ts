export const words = {
  tools: "Search and filter",
  search: "Search",
  any: (title: string): string => `${title}: any`,
  without: (title: string, value: string): string => `Without ${title} ${value}`,
  clear: "Clear",
  csv: "Download CSV",
  nothing: "Nothing matches",
  nothingText: "Change the search or the filters, or clear them.",
  selectAll: (label: string): string => `Select all of ${label}`,
  select: (name: string): string => `Select ${name}`,
  actions: "Actions",
  rowActions: (name: string): string => `Actions on ${name}`,
} as const;
