export default {
  title: "Images",
  about: "Your own images for provisioning policies.",
  create: "Create an image",
  none: "No image of your own yet",
  noneText: "Policies can use the marketplace's images as they are, or one that you build from them.",
  columns: {
    name: "Name",
    version: "Version",
    system: "Windows",
    status: "Status",
    regions: "Regions",
    changed: "Changed",
  },
  showBuild: "Show the build",
  actions: {
    retry: { title: "Retry", text: "It is built again from the same source." },
    rename: { title: "Rename", text: "Policies show the new name at once." },
    delete: {
      title: "Delete",
      text: "The image and its version in the gallery are removed. Not possible while a policy uses it.",
    },
  },
  notFailed: "it has not failed",
  fields: { name: "New name" },
} as const;
