export default {
  title: "Provisioning policies",
  about: "Who gets a Cloud PC, with which image and on which network.",
  create: "Create a policy",
  none: "No provisioning policy yet",
  noneText: "A policy says who gets a Cloud PC, of which image and through which connection.",
  columns: { name: "Name", image: "Image", groups: "Groups", join: "Join", state: "State", changed: "Changed" },
  week: "Use in the last 7 days",
  hoursOn: "Hours on",
  hoursUsed: "Hours in use",
  hoursIdle: "Hours that could be off",
  users: "Users",
  noUsers: "Nobody is in the groups of this policy.",
  userColumns: { user: "User", standing: "Standing", because: "Why", cloudPcs: "Cloud PCs" },
  standings: { has: "Has one", waits: "Waits for one", lacks: "Has none" },
  edit: "Edit",
  cloudPcs: "Show its Cloud PCs",
  actions: {
    pause: {
      title: "Pause",
      text: "No build and no removal of this policy starts until it is resumed. What has started is completed.",
    },
    resume: { title: "Resume", text: "What has waited starts now." },
    assign: {
      title: "Assign groups",
      text: "The groups replace those that are assigned now. Members who lose the policy keep their Cloud PC for the grace period.",
    },
    delete: { title: "Delete", text: "A policy can be deleted when no group is assigned to it." },
  },
  fields: {
    reason: "Reason",
    groups: "Groups",
  },
} as const;
