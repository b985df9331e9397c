import {
  Button,
  MessageBar,
  MessageBarActions,
  MessageBarBody,
  MessageBarTitle,
  Spinner,
  Subtitle1,
  makeStyles,
  tokens,
} from "@fluentui/react-components";
import type { UseMutationResult } from "@tanstack/react-query";
import { useEffect, useMemo, useRef, useState, type ReactElement, type RefObject } from "react";
import { useLocation, useSearchParams } from "react-router";

import { useSignIn } from "../../api/context.tsx";

import { ErrorNotice } from "../../components/error-notice.tsx";
import { Facts } from "../../components/facts.tsx";
import type { Schema } from "../../components/form/fields.ts";
import { problemsElsewhere } from "../../components/form/problems.ts";
import type { Problems, Values } from "../../components/form/schema-form.tsx";
import { once } from "../../components/once.ts";
import { PageHeader } from "../../components/page-header.tsx";
import { words } from "../../words/wizards.ts";
import type { Asked, Form, Review, Saved, Sent, Wizard } from "./api.ts";
import { arrivedAt, beginningOf, changedOf, contextOf } from "./beginning.ts";
import { forget, keep, kept, placeOf } from "./draft.ts";
import { StepForm } from "./step-form.tsx";

const useStyles = makeStyles({
  buttons: { display: "flex", gap: tokens.spacingHorizontalM, marginTop: tokens.spacingVerticalXL },
  form: { display: "grid", gridTemplateColumns: "minmax(0, 1fr)", rowGap: tokens.spacingVerticalL },
  /** It takes the focus when its step comes, and is no control. */
  title: { outlineStyle: "none" },
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
  const draft = useDraft(wizard.steps, beginning);
  const { form, setForm } = draft;
  const said = (whole: Form): Form => (isEdit ? changedOf(whole, beginning, wizard.steps) : whole);
  const [found, setFound] = useState<Review | null>(null);
  const key = useRef(crypto.randomUUID());
  const step = wizard.steps[place];
  const problems = useMemo(() => problemsOf(found, step?.name ?? ""), [found, step]);
  const shown = useShown(place, found);
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
    // The first step in which something is wrong: often this one, but what was filled in before may count no more.
    const wrong = wizard.steps.findIndex(({ name }) => reviewed.steps.some((each) => each.name === name && !each.valid));
    const to = wrong === -1 ? place + 1 : Math.min(wrong, place);
    setFound(reviewed);
    setForm(wrong === -1 ? arrivedAt(wizard.steps, to, filled, beginning) : filled);
    setPlace(to);
  };
  const send = (): void => {
    if (isLast) {
      save.mutate({ form: said(form), key: key.current }, { onSuccess: draft.forget });
    } else {
      next().catch(() => undefined); // the error is shown below, as `review.error`
    }
  };
  const isBusy = review.isPending || save.isPending;
  const elsewhere = problemsElsewhere(problems, `/${step.name}`, Object.keys((step.schema as Schema | null)?.properties ?? {}).map((name) => ({ name })));
  const beginAnew = (): void => {
    draft.begin();
    setFound(null);
    setPlace(0);
  };
  const error = review.error ?? save.error;
  return (
    <>
      <PageHeader title={wizard.title}>{words.stepOf(place + 1, wizard.steps.length)}</PageHeader>
      <form
        ref={shown}
        className={styles.form}
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          if (!isBusy) {
            send();
          }
        }}
      >
        <Subtitle1 as="h2" className={styles.title} tabIndex={-1}>
          {step.title}
        </Subtitle1>
        {step.hint}
        {draft.isKept && (
          <MessageBar layout="multiline">
            <MessageBarBody>{words.kept}</MessageBarBody>
            <MessageBarActions>
              <Button onClick={beginAnew}>{words.beginAnew}</Button>
            </MessageBarActions>
          </MessageBar>
        )}
        {problems.size > 0 && (
          <MessageBar intent="error" role="alert" layout="multiline">
            <MessageBarBody>
              {words.wrong}
              {elsewhere.map((text) => (
                <div key={text}>{text}</div>
              ))}
            </MessageBarBody>
          </MessageBar>
        )}
        {step.schema === null ? (
          <>
            <Reviewed review={found} />
            {isLast && foreseen?.(said(form))}
          </>
        ) : (
          <StepForm
            key={`${step.name} ${draft.round}`}
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
          <Button type="submit" appearance="primary" disabledFocusable={isBusy} onClick={once}>
            {isBusy ? <Spinner size="tiny" /> : isLast ? words.save : words.next}
          </Button>
        </div>
      </form>
    </>
  );
}

/** Show a step from its title on, and what is wrong in it from the first wrong field on. */
function useShown(place: number, found: Review | null): RefObject<HTMLFormElement | null> {
  const form = useRef<HTMLFormElement>(null);
  const before = useRef({ place, found });
  useEffect(() => {
    const wasAt = before.current;
    before.current = { place, found };
    if (wasAt.place !== place) {
      form.current?.querySelector("h2")?.focus();
    }
    if (wasAt.found !== found) {
      form.current?.querySelector<HTMLElement>("[aria-invalid=true]")?.focus();
    }
  }, [place, found]);
  return form;
}

interface Drafted {
  readonly form: Form;
  readonly setForm: (form: Form) => void;
  /** Whether the form began with what was filled in before. */
  readonly isKept: boolean;
  /** How often it was begun anew: fields forget what they remember of it. */
  readonly round: number;
  /** Begin with what there is, without what was filled in. */
  readonly begin: () => void;
  readonly forget: () => void;
}

/** A form whose contents this tab keeps until it is saved. */
function useDraft(steps: Wizard["steps"], beginning: Form): Drafted {
  const { account } = useSignIn();
  const { pathname, search } = useLocation();
  const [place] = useState(() => placeOf(account?.address ?? "", `${pathname}${search}`));
  const [before] = useState(() => kept(place, beginning));
  const [form, setForm] = useState<Form>(before ?? beginning);
  const [isKept, setKept] = useState(before !== null);
  const [round, setRound] = useState(0);
  const write = (next: Form): void => {
    keep(place, steps, beginning, next);
    setForm(next);
  };
  const begin = (): void => {
    write(beginning);
    setKept(false);
    setRound(round + 1);
  };
  return { form, setForm: write, isKept, round, begin, forget: () => forget(place) };
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
