import { FluentProvider } from "@fluentui/react-components";
import { QueryClientProvider } from "@tanstack/react-query";
import { useMemo, type ReactElement } from "react";
import { RouterProvider } from "react-router";

import { apiOf } from "../api/client.ts";
import { ApiProvider } from "../api/context.tsx";
import type { SignIn } from "../sign-in/account.ts";
import { SignInPage } from "../sign-in/sign-in-page.tsx";
import { ThemeProvider, useTheme } from "./theme.tsx";
import { queryClient } from "./query-client.ts";
import { pages } from "./pages.tsx";

/** The portal: the sign-in page for people who are not known, the pages for all others. */
export function App({ signIn }: { readonly signIn: SignIn }): ReactElement {
  return (
    <ThemeProvider>
      <Themed signIn={signIn} />
    </ThemeProvider>
  );
}

function Themed({ signIn }: { readonly signIn: SignIn }): ReactElement {
  const { theme } = useTheme();
  return (
    <FluentProvider theme={theme} applyStylesToPortals>
      {signIn.account === null ? <SignInPage signIn={signIn} /> : <SignedIn signIn={signIn} />}
    </FluentProvider>
  );
}

function SignedIn({ signIn }: { readonly signIn: SignIn }): ReactElement {
  const api = useMemo(() => apiOf(signIn), [signIn]);
  const queries = useMemo(() => queryClient(), []);
  const router = useMemo(() => pages(), []);
  return (
    <QueryClientProvider client={queries}>
      <ApiProvider api={api} signIn={signIn}>
        <RouterProvider router={router} />
      </ApiProvider>
    </QueryClientProvider>
  );
}
