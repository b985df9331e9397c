export default {
  title: "Removals and orphans",
  about: "Removals that wait for a decision, and resources in Azure that belong to nothing.",
  removals: "Removals to confirm",
  noRemovals: "No removal waits for a confirmation.",
  removalColumns: { user: "User", status: "Status", why: "Why it waits", seen: "Since" },
  orphans: "Orphaned resources",
  noOrphans: "There are no orphaned resources.",
  orphanColumns: { type: "Type", name: "Name", why: "Why", advice: "What to do", since: "Since" },
  missing: "Missing shared resources",
  missingLine: "{name} ({needed, plural, one {needed once} other {needed # times}}):",
  actions: {
    confirm: {
      title: "Confirm the removal",
      text: "The grace period of the Cloud PC begins; the removal brake holds it no longer.",
    },
    scan: { title: "Look for orphans now" },
    remove: { title: "Remove", text: "It is deleted in Azure. This cannot be undone." },
  },
  notRemovable: "it may have a reason to exist; look at it in Azure",
} as const;
