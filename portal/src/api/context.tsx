import { useQuery } from "@tanstack/react-query";
import { createContext, use, useMemo, type ReactElement, type ReactNode } from "react";

import type { SignIn } from "../sign-in/account.ts";
import { dataOf, type Api } from "./client.ts";
import type { components } from "./schema.d.ts";

export type Me = components["schemas"]["Me"];

interface Given {
  readonly api: Api;
  readonly signIn: SignIn;
}

const ApiContext = createContext<Given | null>(null);

/** Give the pages the API and who is signed in. */
export function ApiProvider({ api, signIn, children }: Given & { readonly children: ReactNode }): ReactElement {
  const given = useMemo(() => ({ api, signIn }), [api, signIn]);
  return <ApiContext value={given}>{children}</ApiContext>;
}

function useGiven(): Given {
  const given = use(ApiContext);
  if (given === null) {
    throw new Error("the API is used outside of ApiProvider");
  }
  return given;
}

export function useApi(): Api {
  return useGiven().api;
}

export function useSignIn(): SignIn {
  return useGiven().signIn;
}

/** Return who is signed in, what they may do and in which tenants. */
export function useMe(): ReturnType<typeof useQuery<Me>> {
  const api = useApi();
  return useQuery({ queryKey: ["me"], queryFn: () => dataOf(api.GET("/me")), staleTime: 300_000 });
}

/** Return whether the caller's roles have a permission, such as `cloudPCs/reboot`. */
export function useMay(permission: string): boolean {
  const { data } = useMe();
  return may(data, permission);
}

/** Whether somebody's roles have a permission; not known yet is no. */
export function may(me: Me | undefined, permission: string): boolean {
  return me?.verbs.includes(`Microsoft.CloudPC/${permission}`) ?? false;
}
