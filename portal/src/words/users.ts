export const words = {
  title: "Users",
  lead: "Why does somebody have a Cloud PC, or why not?",
  user: "User principal name or object id",
  ask: "Explain",
  policies: "Policies that reach this user",
  settings: "User settings that reach this user",
  through: (group: string, since: string, wins: boolean): string =>
    `by the group ${group}, since ${since}${wins ? ": this one counts" : ""}`,
} as const;
