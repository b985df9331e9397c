export const words = {
  title: "Connections",
  create: "Create a connection",
  none: "No connection yet",
  noneText: "A connection is the network, and how Cloud PCs join the directory.",
  columns: { name: "Name", join: "Join", health: "Health", network: "Network", used: "In use" },
  yes: "Yes",
  no: "No",
  hosted: "Hosted network",
  check: "Check now",
  requested: "The checks have begun.",
  checks: "Checks",
  fix: "What to do",
} as const;
