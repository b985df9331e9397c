export const words = {
  title: "Licences and quotas",
  about: "What there is to build with: licences of the tenant, and vCPUs in Azure.",
  licenses: "Licences",
  noLicenses: "The tenant has no licence for a Cloud PC.",
  licenseColumns: { plan: "Service plan", total: "Bought", used: "Used", free: "Free", cloudPcs: "Cloud PCs" },
  quotas: "vCPU quotas",
  noQuotas: "There is no site yet: nothing is built anywhere.",
  quotaColumns: { region: "Region", subscription: "Subscription", family: "Family", used: "Used", limit: "Limit" },
} as const;
