export const words = {
  title: "User settings",
  none: "No user setting yet",
  noneText: "Without settings users see their Cloud PCs and sign in, and do nothing else with them.",
  columns: { name: "Name", self: "Self-service", admin: "Account type", restore: "Restore", groups: "Groups", changed: "Changed" },
  yes: "Allowed",
  no: "Not allowed",
  actions: {
    create: { title: "Create a user setting" },
    edit: { title: "Edit" },
    assign: { title: "Assign groups", text: "Of several settings the one that was assigned first holds." },
    delete: { title: "Delete", text: "Its members may do nothing any more with their Cloud PCs themselves." },
  },
  fields: {
    name: "Name",
    self: "Users may restart, rename and troubleshoot",
    admin: "Users may become local administrator",
    restore: "Users may restore to a restore point",
    groups: "Groups",
  },
} as const;
