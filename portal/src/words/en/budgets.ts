export default {
  title: "Budgets",
  about: "What a month may cost, and what happens when it costs more.",
  none: "No budget yet",
  noneText: "A budget tells endpoints of notices at 50, 80 and 100 %, and can hold new costs back.",
  columns: {
    name: "Name",
    scope: "Applies to",
    amount: "Budget",
    spent: "Spent",
    forecast: "Forecast",
    brake: "Brake",
  },
  unknown: "No price is known",
  share: "{amount} ({percent} %)",
  unlinked: "Notices only",
  scopes: { tenant: "The whole tenant", policy: "A provisioning policy", spotGroup: "A Spot Group" },
  actions: {
    create: { title: "Create a budget" },
    edit: { title: "Edit" },
    delete: { title: "Delete", text: "Its brake ends." },
  },
  fields: {
    name: "Name",
    scope: "Applies to",
    subject: "Policy or Spot Group",
    subjectHelp:
      "The id of the provisioning policy or Spot Group, as its address has it. Leave it empty for the tenant.",
    amount: "Amount of a month",
    amountHelp: "In the currency of the rate card.",
    brakes: "Hold new costs back",
    brakesHelp: "At 80 % unused Cloud PCs stop after 15 minutes and none starts early; at 100 % new builds wait.",
  },
} as const;
