export default {
  title: "Use",
  about: "How long each Cloud PC was on and used in the last 28 days.",
  none: "No use yet",
  noneText: "Use is recorded from the first day of a Cloud PC on.",
  columns: {
    user: "User",
    policy: "Policy",
    plan: "Service plan",
    on: "Hours on",
    active: "Hours used",
    share: "Used while on",
    connections: "Connections",
    last: "Last sign-in",
  },
  never: "Never",
  today: "Today",
  days: "{count, plural, one {# day ago} other {# days ago}}",
} as const;
