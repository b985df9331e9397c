export const words = {
  more: "More actions",
  cancel: "Cancel",
  close: "Close",
  sending: "Sending",
  done: (title: string): string => `${title}: done.`,
  requested: (title: string): string => `${title}: requested.`,
  running: (title: string): string => `${title}: in progress.`,
  failed: (title: string): string => `${title}: failed.`,
  details: "Show the steps",
  type: (text: string): string => `Type ${text} to go on`,
  noRight: (permission: string): string => `Your roles do not allow this (${permission}). Ask an administrator.`,
} as const;
