import {
  AuthError,
  BrowserCacheLocation,
  CacheLookupPolicy,
  InteractionRequiredAuthError,
  PublicClientApplication,
  ServerError,
  type AccountInfo,
  type AuthenticationResult,
} from "@azure/msal-browser";

import { words } from "../words/sign-in.ts";
import { SignedOutError, type Account, type Configuration, type SignIn } from "./account.ts";

/** Sign in with Entra ID: authorization code with PKCE, by a redirect. */
export async function entra(): Promise<SignIn> {
  let configuration: Configuration;
  try {
    configuration = await readConfiguration();
  } catch (error) {
    return unavailable(error instanceof Error ? error.message : String(error));
  }
  if (configuration.clientId === null) {
    return unavailable(words.notRegistered);
  }
  const client = new PublicClientApplication({
    auth: {
      clientId: configuration.clientId,
      authority: configuration.authority,
      knownAuthorities: [new URL(configuration.authority).host],
      redirectUri: `${location.origin}/portal/`,
      postLogoutRedirectUri: `${location.origin}/portal/`,
    },
    // A new tab is signed in; when the browser is closed nobody can read it any more (docs/decisions/0150).
    cache: { cacheLocation: BrowserCacheLocation.LocalStorage },
  });
  await client.initialize();
  const { answer, problem } = await answerOf(client);
  if (answer?.account) {
    client.setActiveAccount(answer.account); // whoever signed in last is who a new tab is
  }
  const known: AccountInfo | undefined = client.getActiveAccount() ?? client.getAllAccounts()[0];
  const request = { scopes: [configuration.scope] };
  return {
    account: known ? accountOf(known) : null,
    problem,
    enter: () => client.loginRedirect({ ...request, prompt: "select_account" }),
    token: async () => {
      if (!known) {
        throw new SignedOutError();
      }
      try {
        return (await client.acquireTokenSilent({ ...request, account: known, cacheLookupPolicy: WITHOUT_FRAME }))
          .accessToken;
      } catch (error) {
        if (hasEnded(error)) {
          throw new SignedOutError();
        }
        throw error;
      }
    },
    leave: () => client.logoutRedirect(known ? { account: known } : undefined),
  };
}

/** No hidden frame of the sign-in page, which our content security policy would not show: somebody signs in again. */
const WITHOUT_FRAME = CacheLookupPolicy.AccessTokenAndRefreshToken;

/** Whether Entra ID wants the person themselves: their refresh token has ended, or a condition has changed. */
function hasEnded(error: unknown): boolean {
  return (
    error instanceof InteractionRequiredAuthError ||
    (error instanceof ServerError && error.errorCode === "invalid_grant")
  );
}

async function readConfiguration(): Promise<Configuration> {
  const answer = await fetch("/api/configuration");
  if (!answer.ok) {
    throw new Error(words.noConfiguration({ status: answer.status }));
  }
  return (await answer.json()) as Configuration;
}

function accountOf(found: AccountInfo): Account {
  return { name: found.name ?? found.username, address: found.username };
}

/** Return what the browser has brought back from the sign-in page: somebody, nothing, or why not. */
async function answerOf(
  client: PublicClientApplication,
): Promise<{ answer: AuthenticationResult | null; problem: string | null }> {
  try {
    return { answer: await client.handleRedirectPromise(), problem: null };
  } catch (error) {
    return {
      answer: null,
      problem: error instanceof AuthError ? words.refused({ why: error.errorMessage }) : String(error),
    };
  }
}

function beginAnew(): Promise<void> {
  location.reload();
  return Promise.resolve();
}

/** Nobody can sign in now; entering tries it from the beginning. */
function unavailable(problem: string): SignIn {
  const refuse = (): Promise<never> => Promise.reject(new Error(problem));
  return { account: null, problem, enter: beginAnew, token: refuse, leave: refuse };
}
