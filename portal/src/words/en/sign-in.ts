export default {
  title: "Deskwright",
  lead: "Sign in with your organization's account to see your Cloud PCs.",
  enter: "Sign in",
  expired: "Your sign-in has expired.",
  chooseAgain: "Open the address that make run printed, and choose who you are.",
  again: "Sign in again",
  leave: "Sign out",
  notRegistered: "Nobody has registered the portal: an administrator sets DESKWRIGHT_SIGN_IN_CLIENT_ID.",
  noConfiguration: "The service does not say how to sign in (status {status}). Try again later.",
  refused: "You were not signed in. {why}",
} as const;
