import {
  Button,
  Field,
  Input,
  MessageBar,
  MessageBarBody,
  Switch,
  makeStyles,
  tokens,
} from "@fluentui/react-components";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState, type ReactElement } from "react";
import { useParams } from "react-router";

import type { Api } from "../../api/client.ts";
import { useApi } from "../../api/context.tsx";
import { useOne } from "../../api/read.ts";
import { CopyText } from "../../components/copy-text.tsx";
import { DetailView } from "../../components/detail-view.tsx";
import { ErrorNotice } from "../../components/error-notice.tsx";
import { Facts } from "../../components/facts.tsx";
import { PageHeader } from "../../components/page-header.tsx";
import { Section } from "../../components/section.tsx";
import { words } from "../../words/customers.ts";
import { forgetCommand, type Customer } from "./commands.ts";
import { countOf, goRound, type Counts } from "./leaving.ts";

const { leaving } = words;
const BETWEEN_MS = 10_000;
const useStyles = makeStyles({
  form: { display: "grid", rowGap: tokens.spacingVerticalM, maxWidth: "640px", justifyItems: "start" },
});

/** How far it is. */
interface Progress {
  readonly state: "asked" | "running" | "stopped" | "gone";
  readonly waits: string;
  readonly done: readonly string[];
  readonly error: Error | null;
}

const BEGINNING: Progress = { state: "asked", waits: "", done: [], error: null };

/** Remove everything of a tenant, and the tenant: what there is first, then a name to type, then progress. */
export function LeavingPage(): ReactElement {
  const { tenant = "" } = useParams();
  const { progress, begin, stop } = useLeaving(tenant);
  const isBefore = progress.state === "asked";
  const about = useOne("/tenants/{tenant}", { tenant }, { enabled: isBefore, isFixed: true });
  const ready = useOne("/tenants/{tenant}/readiness", { tenant }, { enabled: isBefore, isFixed: true });
  const api = useApi();
  const counts = useQuery({
    queryKey: ["leaving", tenant],
    queryFn: () => countOf(api, tenant),
    enabled: isBefore,
  });
  const customer: Customer = {
    directory: about.data?.entraTenantId ?? "",
    subscription: about.data?.subscriptionId ?? "",
    clientId: ready.data?.clientId ?? null,
    principal: ready.data?.servicePrincipalId ?? null,
    region: "",
  };
  return (
    <DetailView query={ready}>
      {({ consentUrl }) => (
        <>
          <PageHeader title={leaving.title} />
          <p>{leaving.text}</p>
          <DetailView query={counts} isPart>
            {(there) => <There counts={there} />}
          </DetailView>
          {progress.state === "gone" ? (
            <Gone customer={customer} isAbroad={Boolean(consentUrl)} />
          ) : (
            <Asked
              key={progress.state}
              tenant={tenant}
              isRunning={progress.state === "running"}
              begin={begin}
              stop={stop}
            />
          )}
          <Going progress={progress} />
        </>
      )}
    </DetailView>
  );
}

/** Go round after round until the tenant is gone, somebody stops it, or something fails. */
function useLeaving(tenant: string): { progress: Progress; begin: (endsGrace: boolean) => void; stop: () => void } {
  const api = useApi();
  const queries = useQueryClient();
  const [progress, setProgress] = useState<Progress>(BEGINNING);
  const stopping = useRef<AbortController | null>(null);
  useEffect(() => () => stopping.current?.abort(), []);
  const begin = (endsGrace: boolean): void => {
    const stop = new AbortController();
    stopping.current = stop;
    setProgress({ ...BEGINNING, state: "running" });
    run(api, tenant, endsGrace, stop.signal, (change) => setProgress((before) => ({ ...before, ...change(before) })))
      .then(() => queries.invalidateQueries({ queryKey: ["me"] }))
      .catch((error: unknown) => setProgress((before) => ({ ...before, state: "stopped", error: error as Error })));
  };
  const stop = (): void => {
    stopping.current?.abort();
    setProgress((before) => ({ ...before, state: "stopped" }));
  };
  return { progress, begin, stop };
}

async function run(
  api: Api,
  tenant: string,
  endsGrace: boolean,
  stop: AbortSignal,
  change: (how: (before: Progress) => Partial<Progress>) => void,
): Promise<void> {
  const note = (text: string): void => change(({ done }) => ({ done: [...done, text] }));
  const who = { api, tenant, endsGrace, asked: new Set<string>(), note };
  while (!stop.aborted) {
    // Each round waits for what the one before has begun.
    // oxlint-disable-next-line no-await-in-loop
    const { isGone, waits } = await goRound(who);
    if (isGone) {
      change(() => ({ state: "gone", waits: "" }));
      return;
    }
    change(() => ({ waits }));
    // oxlint-disable-next-line no-await-in-loop
    await pause(stop);
  }
}

function pause(stop: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, BETWEEN_MS);
    stop.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve();
    });
  });
}

function There({ counts }: { readonly counts: Counts }): ReactElement {
  const there = Object.entries(counts).filter(([, count]) => count > 0);
  const kinds: Readonly<Record<string, string>> = leaving.kinds;
  return (
    <Section title={leaving.there}>
      {there.length === 0 ? (
        <p>{leaving.nothing}</p>
      ) : (
        <Facts facts={Object.fromEntries(there.map(([kind, count]) => [kinds[kind] ?? kind, count]))} />
      )}
    </Section>
  );
}

interface AskedGiven {
  readonly tenant: string;
  readonly isRunning: boolean;
  readonly begin: (endsGrace: boolean) => void;
  readonly stop: () => void;
}

function Asked({ tenant, isRunning, begin, stop }: AskedGiven): ReactElement {
  const styles = useStyles();
  const [endsGrace, setEndsGrace] = useState(false);
  const [typed, setTyped] = useState("");
  if (isRunning) {
    return (
      <div className={styles.form}>
        <p>{leaving.running}</p>
        <Button onClick={stop}>{leaving.stop}</Button>
      </div>
    );
  }
  return (
    <form
      className={styles.form}
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        if (typed === tenant) {
          begin(endsGrace);
        }
      }}
    >
      <p>{leaving.graceText}</p>
      <Switch label={leaving.endGrace} checked={endsGrace} onChange={(_, { checked }) => setEndsGrace(checked)} />
      <Field label={leaving.typed({ name: tenant })}>
        <Input value={typed} autoComplete="off" onChange={(_, { value }) => setTyped(value)} />
      </Field>
      <Button type="submit" appearance="primary" disabledFocusable={typed !== tenant}>
        {leaving.begin}
      </Button>
    </form>
  );
}

function Going({ progress }: { readonly progress: Progress }): ReactElement | null {
  const { state, waits, done, error } = progress;
  if (state === "asked") {
    return null;
  }
  return (
    <>
      {error !== null && <ErrorNotice error={error} />}
      {state === "stopped" && <p>{leaving.stopped}</p>}
      <output>
        {state === "running" && waits !== "" && (
          <p>
            {leaving.waits}: {waits}
          </p>
        )}
      </output>
      {done.length > 0 && (
        <Section title={leaving.done}>
          <ul>
            {done.map((each) => (
              <li key={each}>{each}</li>
            ))}
          </ul>
        </Section>
      )}
    </>
  );
}

function Gone({ customer, isAbroad }: { readonly customer: Customer; readonly isAbroad: boolean }): ReactElement {
  return (
    <>
      <MessageBar intent="success" layout="multiline">
        <MessageBarBody>{leaving.gone}</MessageBarBody>
      </MessageBar>
      {isAbroad && (
        <Section title={leaving.forgetText}>
          <CopyText label={leaving.forget} text={forgetCommand(customer)} />
        </Section>
      )}
    </>
  );
}
