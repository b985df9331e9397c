export const words = {
  title: "Provisioning policies",
  create: "Create a policy",
  none: "No provisioning policy yet",
  noneText: "A policy says who gets a Cloud PC, of which image and through which connection.",
  columns: { name: "Name", image: "Image", groups: "Groups", join: "Join", state: "State", changed: "Changed" },
  paused: "Paused",
  active: "Active",
} as const;
