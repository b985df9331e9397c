export const words = {
  title: "Images",
  create: "Create an image",
  none: "No image of your own yet",
  noneText: "Policies can use the marketplace's images as they are, or one that you build from them.",
  columns: { name: "Name", version: "Version", system: "Windows", status: "Status", regions: "Regions", changed: "Changed" },
} as const;
