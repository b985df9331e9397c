export const words = {
  title: "Image sets",
  create: "Create an image set",
  none: "No image set yet",
  noneText: "An image set holds the versions of Windows that Spot Groups run.",
  columns: { name: "Name", type: "For", source: "Source", used: "Used by", where: "Site", changed: "Changed" },
  global: "All sites",
} as const;
