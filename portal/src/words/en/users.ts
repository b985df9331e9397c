export default {
  title: "Users",
  lead: "Why does somebody have a Cloud PC, or why not?",
  user: "User principal name or object id",
  ask: "Explain",
  policies: "Policies that reach this user",
  settings: "User settings that reach this user",
  through: "by the group {group}, since {since}",
  throughThis: "by the group {group}, since {since}: this one counts",
} as const;
