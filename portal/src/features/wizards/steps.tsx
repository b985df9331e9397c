import {
  Button,
  MessageBar,
  MessageBarActions,
  MessageBarBody,
  ProgressBar,
  Subtitle1,
  makeStyles,
  tokens,
} from "@fluentui/react-components";
import type { UseMutationResult } from "@tanstack/react-query";
import { useEffect, useEffectEvent, useMemo, useRef, useState, type ReactElement, type RefObject } from "react";
import { useSearchParams } from "react-router";

import { ErrorNotice } from "../../components/error-notice.tsx";
import type { Schema } from "../../components/form/fields.ts";
import { problemsElsewhere } from "../../components/form/problems.ts";
import type { Problems, Values } from "../../components/form/schema-form.tsx";
import { LinkButton } from "../../components/link-button.tsx";
import { once } from "../../components/once.ts";
import { PageHeader } from "../../components/page-header.tsx";
import { words } from "../../words/wizards.ts";
import type { Asked, Form, Review, Saved, Sent, Wizard } from "./api.ts";
import { arrivedAt, beginningOf, changedOf, contextOf } from "./beginning.ts";
import { offeredOf, type Offered } from "./entered.ts";
import { Entered, Reviewed } from "./reviewed.tsx";
import { StepForm } from "./step-form.tsx";
import { StepList } from "./step-list.tsx";
import { STEP, useDraft } from "./use-draft.ts";

const useStyles = makeStyles({
  buttons: { display: "flex", flexWrap: "wrap", gap: tokens.spacingHorizontalM, marginTop: tokens.spacingVerticalXL },
  /** The steps stand beside their form where there is room. */
  columns: {
    display: "grid",
    gridTemplateColumns: "minmax(200px, 260px) minmax(0, 1fr)",
    gap: tokens.spacingHorizontalL,
    alignItems: "start",
    "@media (max-width: 900px)": { gridTemplateColumns: "minmax(0, 1fr)" },
  },
  form: {
    display: "grid",
    gridTemplateColumns: "minmax(0, 1fr)",
    rowGap: tokens.spacingVerticalL,
    padding: tokens.spacingHorizontalXL,
    backgroundColor: tokens.colorNeutralBackground1,
    border: `1px solid ${tokens.colorNeutralStroke2}`,
    borderRadius: tokens.borderRadiusXLarge,
    "@media (max-width: 480px)": { padding: tokens.spacingHorizontalM },
  },
  /** It takes the focus when its step comes, and is no control. */
  title: { margin: 0, outlineStyle: "none" },
});

/** What the service has said of a form. */
interface Found {
  readonly review: Review;
  readonly form: Form;
}

interface StepsGiven {
  readonly wizard: Wizard;
  /** The page to which Cancel leads; what was filled in stays in this tab. */
  readonly cancelTo: string;
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

/** The steps of a wizard one after the other, each reviewed by the service before the next one. The address has the step. */
export function Steps({
  wizard,
  isEdit = false,
  cancelTo,
  review,
  save,
  onSearch,
  foreseen,
  done,
}: StepsGiven): ReactElement {
  const styles = useStyles();
  const [address, setAddress] = useSearchParams();
  const [beginning] = useState<Form>(() => beginningOf(wizard.steps, address));
  const draft = useDraft(wizard.steps, beginning);
  const offered = useOffered(wizard.steps);
  const { form, reached } = draft;
  const place = Math.max(
    0,
    Math.min(
      reached,
      wizard.steps.findIndex(({ name }) => name === address.get(STEP)),
    ),
  );
  const said = (whole: Form): Form => (isEdit ? changedOf(whole, beginning, wizard.steps) : whole);
  const [found, setFound] = useState<Found | null>(null);
  const key = useRef(crypto.randomUUID());
  const step = wizard.steps[place];
  const problems = useMemo(() => problemsOf(found?.review ?? null, step?.name ?? ""), [found, step]);
  const shown = useShown(place, found);
  const isLast = place === wizard.steps.length - 1;
  const go = (to: number, replace = false): void =>
    setAddress(
      (before) =>
        new URLSearchParams([...[...before].filter(([name]) => name !== STEP), [STEP, wizard.steps[to]?.name ?? ""]]),
      { replace },
    );
  /** Go on to a step, or to the first one before it in which something is wrong. */
  const forward = async (to: number): Promise<void> => {
    const filled = step === undefined || step.schema === null ? form : { ...form, [step.name]: form[step.name] ?? {} };
    const reviewed = await review.mutateAsync({ form: said(filled), throughStep: wizard.steps[to - 1]?.name ?? "" });
    // What was filled in before may count no more.
    const wrong = wizard.steps.findIndex(({ name }) =>
      reviewed.steps.some((each) => each.name === name && !each.valid),
    );
    const next = wrong === -1 ? to : Math.min(wrong, to - 1);
    const arrived = wrong === -1 ? arrivedAt(wizard.steps, next, filled, beginning) : filled;
    setFound({ review: reviewed, form: arrived });
    draft.set(arrived, Math.max(reached, next));
    if (next !== place) {
      go(next, isLast);
    }
  };
  // After a reload, or when Back and Forward of the browser lead here, nobody has reviewed what there is now.
  const isStale = isLast && found?.form !== form && !review.isPending && !review.isError && !save.isSuccess;
  const again = useEffectEvent(() => void forward(place).catch(() => undefined)); // the error is shown below
  useEffect(() => {
    if (isStale) {
      // It sets state when the service has answered.
      // oxlint-disable-next-line react/set-state-in-effect
      again();
    }
  }, [isStale]);
  if (step === undefined) {
    throw new Error("the wizard has no such step");
  }
  if (save.isSuccess) {
    return done(save.data);
  }
  const send = (): void => {
    if (isLast) {
      save.mutate({ form: said(form), key: key.current }, { onSuccess: draft.forget });
    } else {
      forward(place + 1).catch(() => undefined); // the error is shown below, as `review.error`
    }
  };
  const jump = (to: number): void => {
    if (to > place) {
      forward(to).catch(() => undefined);
    } else {
      go(to);
    }
  };
  const isBusy = review.isPending || save.isPending || isStale;
  const elsewhere = problemsElsewhere(
    problems,
    `/${step.name}`,
    Object.keys((step.schema as Schema | null)?.properties ?? {}).map((name) => ({ name })),
  );
  const beginAnew = (): void => {
    draft.begin();
    setFound(null);
    go(0, true);
  };
  const error = review.error ?? save.error;
  return (
    <>
      <PageHeader title={wizard.title} about={words.stepOf({ step: place + 1, all: wizard.steps.length })} />
      <div className={styles.columns}>
        <StepList
          steps={wizard.steps}
          place={place}
          reached={reached}
          wrong={wrongIn(found?.review ?? null)}
          isBusy={isBusy}
          onStep={jump}
        />
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
              <Entered
                steps={wizard.steps}
                form={form}
                offered={offered}
                onChange={(name) => jump(wizard.steps.findIndex((each) => each.name === name))}
              />
              {found !== null && <Reviewed review={found.review} />}
              {isLast && foreseen?.(said(form))}
            </>
          ) : (
            <StepForm
              key={`${step.name} ${draft.round}`}
              step={step}
              values={form[step.name] ?? {}}
              before={contextOf(wizard.steps, place, form)}
              problems={problems}
              onChange={(values: Values) => draft.set({ ...form, [step.name]: values }, reached)}
              onSearch={onSearch}
            />
          )}
          {error !== null && <ErrorNotice error={error} />}
          {isBusy && <ProgressBar aria-label={words.asking} />}
          <div className={styles.buttons}>
            <Button disabled={place === 0 || isBusy} onClick={() => go(place - 1)}>
              {words.back}
            </Button>
            <Button type="submit" appearance="primary" disabledFocusable={isBusy} onClick={once}>
              {isLast ? words.save : words.next}
            </Button>
            <LinkButton to={cancelTo}>{words.cancel}</LinkButton>
          </div>
        </form>
      </div>
    </>
  );
}

/** Return every choice that the service has offered since the wizard was opened. */
function useOffered(steps: Wizard["steps"]): Offered {
  const [last, setLast] = useState(steps);
  const [offered, setOffered] = useState<Offered>(() => offeredOf({}, steps));
  if (last !== steps) {
    setLast(steps);
    setOffered(offeredOf(offered, steps));
  }
  return offered;
}

/** Return the names of the steps in which something is wrong. */
function wrongIn(review: Review | null): ReadonlySet<string> {
  return new Set((review?.steps ?? []).filter(({ valid }) => !valid).map(({ name }) => name));
}

/** Show a step from its title on, and what is wrong in it from the first wrong field on. */
function useShown(place: number, found: Found | null): RefObject<HTMLFormElement | null> {
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

/** What is wrong in a step, by pointer. */
function problemsOf(review: Review | null, step: string): Problems {
  const reviewed = review?.steps.find(({ name }) => name === step);
  return new Map((reviewed?.errors ?? []).map(({ pointer, message }) => [pointer, message]));
}
