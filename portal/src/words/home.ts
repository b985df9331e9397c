export const words = {
  title: "Home",
  byStatus: "Cloud PCs by status",
  none: "There is no Cloud PC yet.",
  begin: "Begin here",
  wizards: {
    "create-connection": "Create a connection",
    "create-device-image": "Create a device image",
    "create-provisioning-policy": "Create a provisioning policy",
    "create-image-set": "Create an image set",
    "create-spot-group": "Create a Spot Group",
  },
} as const;
