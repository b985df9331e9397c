import {
  Button,
  Dialog,
  DialogActions,
  DialogBody,
  DialogContent,
  DialogSurface,
  DialogTitle,
  Field,
  Input,
  Subtitle2,
  makeStyles,
  tokens,
} from "@fluentui/react-components";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState, type ReactElement } from "react";
import { Link } from "react-router";

import { ROOT } from "../../api/addresses.ts";
import { dataOf } from "../../api/client.ts";
import { useApi } from "../../api/context.tsx";
import { useOne } from "../../api/read.ts";
import type { components } from "../../api/schema.d.ts";
import { defaultsOf, entered, isFilled } from "../../components/action.ts";
import { BACKDROP } from "../../components/backdrop.ts";
import { ErrorNotice } from "../../components/error-notice.tsx";
import { input } from "../../components/form/inputs.ts";
import { SchemaForm, type Values } from "../../components/form/schema-form.tsx";
import { Said } from "../../components/news.tsx";
import { words as asking } from "../../words/actions.ts";
import { words } from "../../words/cloud-pcs.ts";
import { factsOf } from "./actions.ts";
import { parametersOf, type BulkName } from "./bulk.ts";
import type { Targets } from "./bulk-selection.ts";

type DryRun = components["schemas"]["DryRun"];
type BulkAction = components["schemas"]["BulkAction"];

/** So many refused Cloud PCs are listed. */
const MOST_SHOWN = 20;
const NO_PROBLEMS = new Map<string, string>();
const PACE = [
  input("switch", "canary", words.bulk.canaryField, { optional: true, value: true, help: words.bulk.canary }),
  input("number", "maxConcurrency", words.bulk.most, { value: 25, minimum: 1, maximum: 500 }),
  input("number", "stopAtFailureRate", words.bulk.stop, { value: 20, minimum: 0, maximum: 100 }),
];

const useStyles = makeStyles({
  content: { display: "grid", rowGap: tokens.spacingVerticalM, overflowWrap: "anywhere" },
  list: { margin: 0, paddingLeft: tokens.spacingHorizontalL, maxHeight: "200px", overflowY: "auto" },
});

interface Given {
  readonly tenant: string;
  readonly name: BulkName;
  readonly targets: Targets;
  readonly onClose: () => void;
}

/** Do one action with many: what it needs, then always what would happen, then the start. */
export function BulkDialog({ tenant, name, targets, onClose }: Given): ReactElement {
  const styles = useStyles();
  const plans = useOne(`${ROOT}/servicePlans`, { tenant }, { enabled: name === "resize" });
  const policies = useOne(`${ROOT}/provisioningPolicies`, { tenant }, { enabled: name === "moveToPolicy" });
  const parameters = parametersOf(name, plans.data?.value ?? [], policies.data?.value ?? []);
  const [values, setValues] = useState<Values>(() => defaultsOf(parameters));
  const [pace, setPace] = useState<Values>(() => defaultsOf(PACE));
  const [written, setWritten] = useState("");
  const form = { action: name, parameters: values, ...targets };
  const { dryRun, start } = useBulk(tenant);
  const { title, text } = words.actions[name];
  const { destroys } = factsOf(name);
  const possible = dryRun.data?.possible ?? 0;
  const isMeant = !destroys || written === String(possible);
  const send = (): void => {
    if (dryRun.data === undefined) {
      dryRun.mutate(form);
    } else if (possible > 0 && isMeant) {
      start.mutate({ ...form, ...pace });
    }
  };
  const isReady = dryRun.data === undefined ? isFilled(parameters, values) : possible > 0 && isMeant;
  const isBusy = dryRun.isPending || start.isPending;
  const error = dryRun.error ?? start.error;
  return (
    <Dialog
      open
      modalType={destroys ? "alert" : "modal"}
      onOpenChange={(_, { type }) => {
        if (type !== "backdropClick" || dryRun.data === undefined || start.data !== undefined) {
          onClose(); // a click beside the dialog does not throw away what was found
        }
      }}
    >
      <DialogSurface backdrop={BACKDROP}>
        <form
          noValidate
          onSubmit={(event) => {
            event.preventDefault();
            if (isReady && !isBusy) {
              send();
            }
          }}
        >
          <DialogBody>
            <DialogTitle>{title}</DialogTitle>
            <DialogContent className={styles.content}>
              {text}
              <Said text={dryRun.data === undefined ? "" : saidOf(dryRun.data)} />
              {dryRun.data === undefined && parameters.length > 0 && (
                <SchemaForm fields={parameters} values={values} problems={NO_PROBLEMS} onChange={setValues} at="" />
              )}
              {dryRun.data !== undefined && start.data === undefined && (
                <>
                  <WouldHappen found={dryRun.data} />
                  {possible > 1 && (
                    <SchemaForm fields={PACE} values={pace} problems={NO_PROBLEMS} onChange={setPace} at="" />
                  )}
                  {destroys && possible > 0 && (
                    <Field label={asking.type({ text: String(possible) })} required>
                      <Input value={written} autoComplete="off" onChange={(_, { value }) => setWritten(value)} />
                    </Field>
                  )}
                </>
              )}
              {start.data !== undefined && (
                <output>
                  {words.bulk.begun} <Link to={`/t/${tenant}/bulk-actions/${start.data.id}`}>{words.bulk.show}</Link>
                </output>
              )}
              {error !== null && <ErrorNotice error={error} />}
            </DialogContent>
            <DialogActions fluid>
              <Button onClick={onClose}>{start.data === undefined ? asking.cancel : asking.close}</Button>
              {start.data === undefined && (
                <Button type="submit" appearance="primary" disabledFocusable={!isReady || isBusy}>
                  {isBusy ? asking.sending : dryRun.data === undefined ? words.bulk.next : words.bulk.start}
                </Button>
              )}
            </DialogActions>
          </DialogBody>
        </form>
      </DialogSurface>
    </Dialog>
  );
}

function useBulk(tenant: string) {
  const api = useApi();
  const queries = useQueryClient();
  const send = (body: object) =>
    dataOf(api.POST("/tenants/{tenant}/bulkActions", { params: { path: { tenant } }, body: entered(body) }));
  return {
    dryRun: useMutation({ mutationFn: async (form: object) => (await send({ ...form, dryRun: true })) as DryRun }),
    start: useMutation({
      mutationFn: async (form: object) => (await send(form)) as BulkAction,
      onSuccess: () => queries.invalidateQueries(),
    }),
  };
}

/** The result of a dry run for a screen reader: the focus is elsewhere. */
function saidOf({ possible, refused }: DryRun): string {
  const said = [
    words.bulk.possible({ count: possible }),
    ...(refused > 0 ? [words.bulk.refused({ count: refused })] : []),
  ];
  return said.map((each) => `${each}.`).join(" ");
}

/** On how many it is possible, and why not on the others. */
function WouldHappen({ found }: { readonly found: DryRun }): ReactElement {
  const styles = useStyles();
  const refused = found.value.filter(({ refusal }) => refusal);
  return (
    <section aria-label={words.bulk.dryRun}>
      <Subtitle2 as="h3">{words.bulk.possible({ count: found.possible })}</Subtitle2>
      {refused.length > 0 && (
        <>
          <p>{words.bulk.refused({ count: found.refused })}</p>
          <ul className={styles.list}>
            {refused.slice(0, MOST_SHOWN).map((each) => (
              <li key={each.cloudPcId}>{`${each.userPrincipalName || each.cloudPcId}: ${each.refusal}`}</li>
            ))}
            {found.refused > MOST_SHOWN && <li>{words.bulk.andMore({ count: found.refused - MOST_SHOWN })}</li>}
          </ul>
        </>
      )}
    </section>
  );
}
