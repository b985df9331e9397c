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

/** The session has ended; the person has to sign in again. */
export class SignedOutError extends Error {
  override readonly name = "SignedOutError";

  constructor() {
    super("Your sign-in has expired.");
  }
}
