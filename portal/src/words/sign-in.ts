export const words = {
  title: "Deskwright",
  lead: "Sign in with your organization's account to see your Cloud PCs.",
  enter: "Sign in",
  expired: "Your sign-in has expired.",
  again: "Sign in again",
  leave: "Sign out",
} as const;
