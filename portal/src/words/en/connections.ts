export default {
  title: "Connections",
  about: "The networks of Cloud PCs, and how they join the directory.",
  create: "Create a connection",
  none: "No connection yet",
  noneText: "A connection is the network, and how Cloud PCs join the directory.",
  columns: { name: "Name", join: "Join", health: "Health", network: "Network", used: "In use" },
  yes: "Yes",
  no: "No",
  hosted: "Hosted network",
  checks: "Checks",
  noChecks: "No check was made yet.",
  edit: "Edit",
  fix: "What to do",
  actions: {
    check: { title: "Check now" },
    password: {
      title: "Replace the join password",
      text: "The checks join a machine with the new one. Earlier passwords are disabled once that has worked.",
    },
    delete: {
      title: "Delete",
      text: "Its stored password is deleted too. Not possible while a policy or a Cloud PC uses it.",
    },
  },
  fields: { password: "Password of the join account" },
} as const;
