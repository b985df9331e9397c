import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";

import { dataOf } from "../../api/client.ts";
import { useApi } from "../../api/context.tsx";
import { operationOf } from "../../api/operation.ts";
import type { components, paths } from "../../api/schema.d.ts";
import { entered } from "../../components/action.ts";
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

/** A form, up to a step. */
export interface Asked {
  readonly form: Form;
  readonly throughStep: string;
}

/** A form that is saved. The key makes a repeated click one request. */
export interface Sent {
  readonly form: Form;
  readonly key: string;
}

/** Ask what a form comes to, up to a step; nothing is saved. */
export function useReview(tenant: string, wizard: WizardName) {
  const api = useApi();
  return useMutation({
    mutationFn: ({ form, throughStep }: Asked) =>
      dataOf(
        api.POST("/tenants/{tenant}/wizards/{wizard}/review", {
          params: { path: { tenant, wizard } },
          body: entered({ ...form, throughStep }),
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

/** Save a form. */
export function useSave(tenant: string, wizard: WizardName) {
  const api = useApi();
  const queries = useQueryClient();
  return useMutation({
    // What is shown next, such as the list with what was made, is read anew.
    onSettled: () => queries.invalidateQueries({ refetchType: "none" }),
    mutationFn: async ({ form, key }: Sent): Promise<Saved> => {
      const { data, response } = await api.POST("/tenants/{tenant}/wizards/{wizard}", {
        params: { path: { tenant, wizard } },
        headers: { "Idempotency-Key": key },
        body: entered(form),
      });
      return { operation: operationOf(response), subject: subjectOf(form, data) };
    },
  });
}

/** The wizard that makes a tenant: it is of none yet. */
export function useNewTenant() {
  const api = useApi();
  const queries = useQueryClient();
  const wizard = useQuery({
    queryKey: ["wizard", "create-tenant"],
    queryFn: () => dataOf(api.GET("/wizards/create-tenant")),
    staleTime: Number.POSITIVE_INFINITY,
  });
  const review = useMutation({
    mutationFn: ({ form, throughStep }: Asked) =>
      dataOf(api.POST("/wizards/create-tenant/review", { body: entered({ ...form, throughStep }) })),
  });
  const save = useMutation({
    mutationFn: async ({ form, key }: Sent): Promise<Saved> => {
      const made = await dataOf(
        api.POST("/wizards/create-tenant", { headers: { "Idempotency-Key": key }, body: entered(form) }),
      );
      return { operation: null, subject: made.id };
    },
    // Who signs in sees the new tenant in lists and in the choice of tenants.
    onSettled: () => queries.invalidateQueries(),
  });
  return { wizard, review, save };
}
