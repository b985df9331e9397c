import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";

import { dataOf } from "../../api/client.ts";
import { useApi } from "../../api/context.tsx";
import { operationOf } from "../../api/operation.ts";
import type { components, paths } from "../../api/schema.d.ts";
import type { Values } from "../../components/form/schema-form.tsx";
import { subjectOf } from "./made.ts";

export type Wizard = components["schemas"]["Wizard"];
/** The wizards that there are. */
export type WizardName = paths["/tenants/{tenant}/wizards/{wizard}"]["get"]["parameters"]["path"]["wizard"];
export type Review = components["schemas"]["Review"];
export type Form = Readonly<Record<string, Values>>;

/** Read a wizard. *id*: what an edit begins with; *search*: the beginning of the names of groups. */
export function useWizard(tenant: string, wizard: WizardName, id: string, search: string) {
  const api = useApi();
  const query = { ...(id === "" ? {} : { id }), ...(search === "" ? {} : { search }) };
  return useQuery({
    queryKey: ["wizard", tenant, wizard, query],
    queryFn: () =>
      dataOf(api.GET("/tenants/{tenant}/wizards/{wizard}", { params: { path: { tenant, wizard }, query } })),
    staleTime: Number.POSITIVE_INFINITY,
    placeholderData: keepPreviousData,
  });
}

/** Ask what a form comes to, up to a step; nothing is saved. */
export function useReview(tenant: string, wizard: WizardName) {
  const api = useApi();
  return useMutation({
    mutationFn: ({ form, throughStep }: { readonly form: Form; readonly throughStep: string }) =>
      dataOf(
        api.POST("/tenants/{tenant}/wizards/{wizard}/review", {
          params: { path: { tenant, wizard } },
          body: { ...form, throughStep } as never,
        }),
      ),
  });
}

export interface Saved {
  /** The operation that does the work; null when there is none. */
  readonly operation: string | null;
  /** The id of what was made or changed. */
  readonly subject: string;
}

/** Save a form. The key makes a repeated click one request. */
export function useSave(tenant: string, wizard: WizardName) {
  const api = useApi();
  const queries = useQueryClient();
  return useMutation({
    // What is shown next, such as the list with what was made, is read anew.
    onSettled: () => queries.invalidateQueries({ refetchType: "none" }),
    mutationFn: async ({ form, key }: { readonly form: Form; readonly key: string }): Promise<Saved> => {
      const { data, response } = await api.POST("/tenants/{tenant}/wizards/{wizard}", {
        params: { path: { tenant, wizard } },
        headers: { "Idempotency-Key": key },
        body: form as never,
      });
      return { operation: operationOf(response), subject: subjectOf(form, data as never) };
    },
  });
}
