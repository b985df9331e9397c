import { words } from "../words/sign-in.ts";

/** Who is signed in, and how to get tokens for them. */
export interface SignIn {
  /** The signed-in person; null before they have signed in. */
  readonly account: Account | null;
  /** Why the last attempt to sign in failed; null when none did. */
  readonly problem: string | null;
  /** Go to the sign-in page. The promise does not end: the browser leaves. */
  enter(): Promise<void>;
  /** Return an access token for the API. Throws SignedOutError when the person has to sign in again. */
  token(): Promise<string>;
  /** Sign out and leave. */
  leave(): Promise<void>;
}

export interface Account {
  readonly name: string;
  /** The principal name, or what else tells two accounts of one name apart. */
  readonly address: string;
}

/** What a client needs before it has a token: `GET /api/configuration`. */
export interface Configuration {
  readonly authority: string;
  readonly clientId: string | null;
  readonly scope: string;
  readonly version: string;
}

/** Where a tab keeps forms that are not saved yet: what begins with this. */
export const KEPT_FORMS = "deskwright.form ";

/** Forget the forms that are not saved yet: whoever signs in next in this tab is somebody else. */
export function forgetForms(): void {
  for (const place of Object.keys(sessionStorage).filter((each) => each.startsWith(KEPT_FORMS))) {
    sessionStorage.removeItem(place);
  }
}

/** The session has ended; the person has to sign in again. */
export class SignedOutError extends Error {
  override readonly name = "SignedOutError";

  constructor() {
    super(words.expired);
  }
}
