/** Codes of the API. */
export default {
  /** Codes that people know by other words. */
  terms: {
    azureADJoin: "Microsoft Entra join",
    hybridAzureADJoin: "Microsoft Entra hybrid join",
    azureADDomainServices: "Microsoft Entra Domain Services",
    graphSku: "Licences in Microsoft Entra ID",
    reboot: "Restart",
  },
  /** The status of what people without a role see, each as a title. */
  titles: {
    notProvisioned: "Not provisioned",
    pendingProvision: "Pending provision",
    provisioning: "Provisioning",
    provisioned: "Provisioned",
    provisionedWithWarnings: "Provisioned with warnings",
    failed: "Failed",
    inGracePeriod: "In grace period",
    deprovisioning: "Deprovisioning",
    restoring: "Restoring",
    resizePendingLicense: "Resize pending license",
    resizing: "Resizing",
    entitled: "Entitled",
    waiting: "Waiting",
    leaving: "Leaving",
    removalHeld: "Removal held",
    notStarted: "Not started",
    running: "Running",
    succeeded: "Succeeded",
    canceled: "Canceled",
  },
} as const;
