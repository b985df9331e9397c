import {
  BrowserCacheLocation,
  InteractionRequiredAuthError,
  PublicClientApplication,
  type AccountInfo,
  type AuthenticationResult,
} from "@azure/msal-browser";

import { SignedOutError, type Account, type Configuration, type SignIn } from "./account.ts";

/** Sign in with Entra ID: authorization code with PKCE, by a redirect. */
export async function entra(): Promise<SignIn> {
  const configuration = await readConfiguration();
  if (configuration.clientId === null) {
    return notRegistered();
  }
  const client = new PublicClientApplication({
    auth: {
      clientId: configuration.clientId,
      authority: configuration.authority,
      knownAuthorities: [new URL(configuration.authority).host],
      redirectUri: `${location.origin}/portal/`,
      postLogoutRedirectUri: `${location.origin}/portal/`,
    },
    cache: { cacheLocation: BrowserCacheLocation.SessionStorage },
  });
  await client.initialize();
  const answer: AuthenticationResult | null = await client.handleRedirectPromise();
  const known: AccountInfo | undefined = answer?.account ?? client.getAllAccounts()[0];
  const request = { scopes: [configuration.scope] };
  return {
    account: known ? accountOf(known) : null,
    enter: () => client.loginRedirect({ ...request, prompt: "select_account" }),
    token: async () => {
      if (!known) {
        throw new SignedOutError();
      }
      try {
        return (await client.acquireTokenSilent({ ...request, account: known })).accessToken;
      } catch (error) {
        if (error instanceof InteractionRequiredAuthError) {
          throw new SignedOutError();
        }
        throw error;
      }
    },
    leave: () => client.logoutRedirect(known ? { account: known } : undefined),
  };
}

async function readConfiguration(): Promise<Configuration> {
  const answer = await fetch("/api/configuration");
  if (!answer.ok) {
    throw new Error(`The service does not say how to sign in (status ${answer.status}).`);
  }
  return (await answer.json()) as Configuration;
}

function accountOf(found: AccountInfo): Account {
  return { name: found.name ?? found.username, address: found.username };
}

function refuse(): Promise<never> {
  return Promise.reject(new Error("Nobody has registered the portal: set DESKWRIGHT_SIGN_IN_CLIENT_ID."));
}

function notRegistered(): SignIn {
  return { account: null, enter: refuse, token: refuse, leave: refuse };
}
