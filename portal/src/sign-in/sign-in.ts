import type { SignIn } from "./account.ts";

/**
 * Prepare the sign-in. The bundle of `make run` takes the person that somebody chose; the deployed one has MSAL alone,
 * and the other module is not in it.
 */
export async function beginSignIn(): Promise<SignIn> {
  if (import.meta.env.MODE === "people") {
    return (await import("./chosen-person.ts")).chosenPerson();
  }
  return (await import("./entra.ts")).entra();
}
