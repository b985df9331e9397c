export const words = {
  title: "Removals and orphans",
  removals: "Removals that wait for somebody",
  noRemovals: "No removal waits.",
  removalColumns: { user: "User", status: "Status", why: "Why it waits", seen: "Since" },
  orphans: "What belongs to nobody",
  noOrphans: "Nothing was left behind.",
  orphanColumns: { type: "Type", name: "Name", why: "Why", advice: "What to do", since: "Since" },
} as const;
