import { Button, MessageBar, MessageBarBody, MessageBarTitle, Spinner, Subtitle1, makeStyles, tokens } from "@fluentui/react-components";
import type { UseMutationResult } from "@tanstack/react-query";
import { useMemo, useRef, useState, type ReactElement } from "react";
import { useSearchParams } from "react-router";

import { ErrorNotice } from "../../components/error-notice.tsx";
import { Facts } from "../../components/facts.tsx";
import type { Problems, Values } from "../../components/form/schema-form.tsx";
import { PageHeader } from "../../components/page-header.tsx";
import { words } from "../../words/wizards.ts";
import type { Asked, Form, Review, Saved, Sent, Wizard } from "./api.ts";
import { beginningOf, changedOf, contextOf } from "./beginning.ts";
import { StepForm } from "./step-form.tsx";

const useStyles = makeStyles({
  buttons: { display: "flex", gap: tokens.spacingHorizontalM, marginTop: tokens.spacingVerticalXL },
  form: { display: "grid", gridTemplateColumns: "minmax(0, 1fr)", rowGap: tokens.spacingVerticalL },
});

interface StepsGiven {
  readonly wizard: Wizard;
  /** Whether it changes what is there: only what was changed is sent. */
  readonly isEdit?: boolean;
  readonly review: UseMutationResult<Review, Error, Asked>;
  readonly save: UseMutationResult<Saved, Error, Sent>;
  /** Look for groups by the beginning of their names. */
  readonly onSearch: (text: string) => void;
  /** What the change of a form would do, shown before it is saved. */
  readonly foreseen?: (form: Form) => ReactElement | null;
  /** What is shown once it is saved. */
  readonly done: (saved: Saved) => ReactElement;
}

/** The steps of a wizard one after the other, each reviewed by the service before the next one. */
export function Steps({ wizard, isEdit = false, review, save, onSearch, foreseen, done }: StepsGiven): ReactElement {
  const styles = useStyles();
  const [place, setPlace] = useState(0);
  const [address] = useSearchParams();
  const [beginning] = useState<Form>(() => beginningOf(wizard.steps, address));
  const [form, setForm] = useState<Form>(beginning);
  const said = (whole: Form): Form => (isEdit ? changedOf(whole, beginning, wizard.steps) : whole);
  const [found, setFound] = useState<Review | null>(null);
  const key = useRef(crypto.randomUUID());
  const step = wizard.steps[place];
  const problems = useMemo(() => problemsOf(found, step?.name ?? ""), [found, step]);
  if (step === undefined) {
    throw new Error("the wizard has no such step");
  }
  if (save.isSuccess) {
    return done(save.data);
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
            {isLast && foreseen?.(said(form))}
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
