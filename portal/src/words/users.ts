export const words = {
  title: "Users",
  lead: "Why does somebody have a Cloud PC, or why not?",
  user: "User principal name or object id",
  ask: "Explain",
  verdict: "Answer",
  policies: "Policies",
  cloudPcs: "Cloud PCs",
  missing: "Missing",
} as const;
