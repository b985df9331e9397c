import {
  Button,
  MessageBar,
  MessageBarBody,
  MessageBarTitle,
  Spinner,
  Subtitle1,
  makeStyles,
  tokens,
} from "@fluentui/react-components";
import { useMemo, useRef, useState, type ReactElement } from "react";
import { Link, useParams, useSearchParams } from "react-router";

import { EmptyState } from "../../components/empty-state.tsx";
import { ErrorNotice } from "../../components/error-notice.tsx";
import { Facts } from "../../components/facts.tsx";
import type { Problems, Values } from "../../components/form/schema-form.tsx";
import { Loading } from "../../components/loading.tsx";
import { PageError } from "../../components/page-error.tsx";
import { PageHeader } from "../../components/page-header.tsx";
import { words } from "../../words/wizards.ts";
import { beginningOf, changedOf, contextOf } from "./beginning.ts";
import { changeOf } from "./edited-change.ts";
import { ForeseenChange } from "./foreseen-change.tsx";
import { pageOf } from "./made.ts";
import { StepForm } from "./step-form.tsx";
import { useReview, useSave, useWizard, type Form, type Review, type Saved, type Wizard, type WizardName } from "./api.ts";

const useStyles = makeStyles({
  buttons: { display: "flex", gap: tokens.spacingHorizontalM, marginTop: tokens.spacingVerticalXL },
  form: { display: "grid", gridTemplateColumns: "minmax(0, 1fr)", rowGap: tokens.spacingVerticalL },
});

/** A wizard: its steps one after the other, each reviewed by the service before the next one. */
export function WizardPage(): ReactElement {
  const params = useParams();
  const tenant = params["tenant"] ?? "";
  const name = params["wizard"] as WizardName; // the service answers 404 for others
  const [address] = useSearchParams();
  const id = address.get("id") ?? "";
  const [search, setSearch] = useState("");
  const query = useWizard(tenant, name, id, search);
  if (query.isPending) {
    return <Loading />;
  }
  if (query.data === undefined) {
    return <PageError error={query.error} again={() => void query.refetch()} />;
  }
  return <Steps key={`${name}${id}`} tenant={tenant} name={name} wizard={query.data} onSearch={setSearch} />;
}


interface StepsGiven {
  readonly tenant: string;
  readonly name: WizardName;
  readonly wizard: Wizard;
  /** Look for groups by the beginning of their names. */
  readonly onSearch: (text: string) => void;
}

function Steps({ tenant, name, wizard, onSearch }: StepsGiven): ReactElement {
  const styles = useStyles();
  const [place, setPlace] = useState(0);
  const [address] = useSearchParams();
  const [beginning] = useState<Form>(() => beginningOf(wizard.steps, address));
  const [form, setForm] = useState<Form>(beginning);
  const said = (whole: Form): Form => (name.startsWith("edit-") ? changedOf(whole, beginning, wizard.steps) : whole);
  const [found, setFound] = useState<Review | null>(null);
  const key = useRef(crypto.randomUUID());
  const review = useReview(tenant, name);
  const save = useSave(tenant, name);
  const step = wizard.steps[place];
  const problems = useMemo(() => problemsOf(found, step?.name ?? ""), [found, step]);
  if (step === undefined) {
    throw new Error("the wizard has no such step");
  }
  if (save.isSuccess) {
    return <Done tenant={tenant} name={name} title={wizard.title} saved={save.data} />;
  }
  const isLast = place === wizard.steps.length - 1;
  const next = async (): Promise<void> => {
    const filled = { ...form, ...(step.schema === null ? {} : { [step.name]: form[step.name] ?? {} }) };
    const reviewed = await review.mutateAsync({ form: said(filled), throughStep: step.name });
    setFound(reviewed);
    setForm(filled);
    if (reviewed.steps.every(({ valid }) => valid)) {
      setPlace(place + 1);
    }
  };
  const send = (): void => {
    if (isLast) {
      save.mutate({ form: said(form), key: key.current });
    } else {
      next().catch(() => undefined); // the error is shown below, as `review.error`
    }
  };
  const change = isLast ? changeOf(name, said(form)) : null;
  const isBusy = review.isPending || save.isPending;
  const error = review.error ?? save.error;
  return (
    <>
      <PageHeader title={wizard.title}>{words.stepOf(place + 1, wizard.steps.length)}</PageHeader>
      <form
        className={styles.form}
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          send();
        }}
      >
        <Subtitle1 as="h2">{step.title}</Subtitle1>
        {step.hint}
        {problems.size > 0 && (
          <MessageBar intent="error" role="alert">
            <MessageBarBody>{words.wrong}</MessageBarBody>
          </MessageBar>
        )}
        {step.schema === null ? (
          <>
            <Reviewed review={found} />
            {change !== null && <ForeseenChange tenant={tenant} change={change} />}
          </>
        ) : (
          <StepForm
            step={step}
            values={form[step.name] ?? {}}
            before={contextOf(wizard.steps, place, form)}
            problems={problems}
            onChange={(values: Values) => setForm({ ...form, [step.name]: values })}
            onSearch={onSearch}
          />
        )}
        {error !== null && <ErrorNotice error={error} />}
        <div className={styles.buttons}>
          <Button disabled={place === 0 || isBusy} onClick={() => setPlace(place - 1)}>
            {words.back}
          </Button>
          <Button type="submit" appearance="primary" disabledFocusable={isBusy}>
            {isBusy ? <Spinner size="tiny" /> : isLast ? words.save : words.next}
          </Button>
        </div>
      </form>
    </>
  );
}

/** What is wrong in a step, by pointer. */
function problemsOf(review: Review | null, step: string): Problems {
  const reviewed = review?.steps.find(({ name }) => name === step);
  return new Map((reviewed?.errors ?? []).map(({ pointer, message }) => [pointer, message]));
}

function Reviewed({ review }: { readonly review: Review | null }): ReactElement | null {
  if (review === null) {
    return null;
  }
  return (
    <>
      {(review.warnings ?? []).map((warning) => (
        <MessageBar key={`${warning.concern}${warning.message}`} intent="warning" layout="multiline">
          <MessageBarBody>
            <MessageBarTitle>{words.warnings}</MessageBarTitle>
            {warning.message}
          </MessageBarBody>
        </MessageBar>
      ))}
      {review.wouldHappen ? (
        <section aria-label={words.wouldHappen}>
          <Subtitle1 as="h3">{words.wouldHappen}</Subtitle1>
          <Facts facts={review.wouldHappen as Readonly<Record<string, unknown>>} />
        </section>
      ) : null}
    </>
  );
}

interface DoneGiven {
  readonly tenant: string;
  readonly name: WizardName;
  readonly title: string;
  readonly saved: Saved;
}

/** What was saved: where it is, and how far the work is that has begun. */
function Done({ tenant, name, title, saved }: DoneGiven): ReactElement {
  const { operation } = saved;
  return (
    <>
      <PageHeader title={title} />
      <EmptyState
        title={words.saved}
        text={operation === null ? words.nothingElse : words.followUp}
        action={
          <>
            {operation === null ? null : (
              <Link to={`/t/${tenant}/operations/${operation}`}>{words.showOperation}</Link>
            )}
            <Link to={`/t/${tenant}/${pageOf(name, saved.subject)}`}>{words.show}</Link>
          </>
        }
      />
    </>
  );
}
