export const words = {
  title: "Home",
  byStatus: "Cloud PCs by status",
  none: "There is no Cloud PC yet.",
  needs: "Needs attention",
  nothingNeeds: "Nothing needs attention.",
  failed: (count: number): string => (count === 1 ? "1 Cloud PC has failed" : `${count} Cloud PCs have failed`),
  warned: (count: number): string => (count === 1 ? "1 Cloud PC has warnings" : `${count} Cloud PCs have warnings`),
  removals: (count: number): string => (count === 1 ? "1 removal waits" : `${count} removals wait`),
  spotRemovals: (count: number): string =>
    count === 1 ? "The removal of 1 member of a Spot Group waits" : `The removals of ${count} members of Spot Groups wait`,
  spotReleases: (count: number): string => (count === 1 ? "1 release of a Spot Group has stopped" : `${count} releases of Spot Groups have stopped`),
  spotHosts: (count: number): string => (count === 1 ? "1 session host does not work" : `${count} session hosts do not work`),
  machinesGone: (count: number): string =>
    count === 1 ? "1 machine is gone from Azure" : `${count} machines are gone from Azure`,
  sharedMissing: (count: number): string =>
    count === 1 ? "1 thing that machines share is missing in Azure" : `${count} things that machines share are missing in Azure`,
  unhealthy: (name: string): string => `The connection ${name} is not healthy`,
  short: (plan: string): string => `No licence of ${plan} is free`,
  paused: "The tenant is paused",
  shares: { policy: "By policy", plan: "By service plan", region: "By region" },
  shareColumns: { name: "Name", count: "Cloud PCs", ready: "Ready", failed: "Failed" },
  nothing: "None",
  running: "Work in progress",
  noRunning: "No operation is running.",
  begin: "Get started",
  wizards: {
    "create-connection": "Create a connection",
    "create-device-image": "Create a device image",
    "create-provisioning-policy": "Create a provisioning policy",
    "create-image-set": "Create an image set",
    "create-spot-group": "Create a Spot Group",
  },
} as const;
