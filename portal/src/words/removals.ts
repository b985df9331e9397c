export const words = {
  title: "Removals and orphans",
  about: "Removals that wait for a decision, and resources in Azure that belong to nothing.",
  removals: "Removals that wait for somebody",
  noRemovals: "No removal waits.",
  removalColumns: { user: "User", status: "Status", why: "Why it waits", seen: "Since" },
  orphans: "What belongs to nobody",
  noOrphans: "Nothing was left behind.",
  orphanColumns: { type: "Type", name: "Name", why: "Why", advice: "What to do", since: "Since" },
  missing: "What machines share, and is missing",
  missingLine: (name: string, needed: number): string => `${name} (needed ${needed === 1 ? "once" : `${needed} times`}):`,
  actions: {
    confirm: { title: "Confirm the removal", text: "The grace period of the Cloud PC begins; the removal brake holds it no longer." },
    scan: { title: "Look for orphans now" },
    remove: { title: "Remove", text: "It is deleted in Azure. This cannot be undone." },
  },
  notRemovable: "it may have a reason to exist; look at it in Azure",
} as const;
