export default {
  title: "Deleted Cloud PCs",
  about: "Machines that were removed, and whose disks are kept for a while.",
  none: "No disk of a deleted Cloud PC is kept",
  noneText:
    "Disks are copied before a Cloud PC is removed where the tenant's settings keep deleted Cloud PCs for some days.",
  keptFor:
    "{days, plural, =0 {Disks are not kept: a Cloud PC is removed without a copy.} one {Disks are kept for # day.} other {Disks are kept for # days.}}",
  changeSetting: "Change in the tenant's settings",
  how: "To use a disk, open a Cloud PC of its user and choose Undelete, or a Cloud PC of another user with the same policy and plan and choose Hand over.",
  columns: {
    name: "Name",
    user: "User",
    computer: "Computer name",
    plan: "Service plan",
    status: "Status",
    deleted: "Deleted",
    until: "Kept until",
    size: "Disk",
  },
  statuses: { copying: "Copying", kept: "Kept", removing: "Removing" },
  gigabytes: "{count} GB",
  cloudPcsOf: "Cloud PCs of {user}",
  facts: { user: "User", computer: "Computer name", plan: "Service plan", until: "Kept until" },
  actions: {
    delete: {
      title: "Delete the kept disk",
      text: "The copy of the disk is removed within minutes. Nobody can bring back what is on it.",
    },
  },
  removing: "It is being removed.",
  notYet: "Its disk is still being copied.",
} as const;
