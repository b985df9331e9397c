import { Button, makeStyles, mergeClasses, tokens } from "@fluentui/react-components";
import { CheckmarkCircle20Filled } from "@fluentui/react-icons/svg/checkmark-circle";
import { Circle20Regular } from "@fluentui/react-icons/svg/circle";
import { Edit20Regular } from "@fluentui/react-icons/svg/edit";
import { ErrorCircle20Filled } from "@fluentui/react-icons/svg/error-circle";
import type { FluentIcon } from "@fluentui/react-icons";
import type { ReactElement } from "react";

import { words } from "../../words/wizards.ts";
import type { Wizard } from "./api.ts";

const NARROW = "@media (max-width: 900px)";
const useStyles = makeStyles({
  list: {
    display: "grid",
    rowGap: "2px",
    listStyleType: "none",
    margin: 0,
    padding: 0,
    [NARROW]: { display: "flex", flexWrap: "wrap", gap: tokens.spacingHorizontalXXS },
  },
  step: {
    justifyContent: "flex-start",
    width: "100%",
    textAlign: "left",
    fontWeight: tokens.fontWeightRegular,
    [NARROW]: { width: "auto" },
  },
  current: { fontWeight: tokens.fontWeightSemibold, backgroundColor: tokens.colorNeutralBackground1Selected },
  done: { "& .fui-Button__icon": { color: tokens.colorStatusSuccessForeground1 } },
  wrong: { "& .fui-Button__icon": { color: tokens.colorStatusDangerForeground1 } },
});

interface Given {
  readonly steps: Wizard["steps"];
  readonly place: number;
  /** The furthest step that was shown: up to it every step can be shown again. */
  readonly reached: number;
  /** Names of steps in which something is wrong. */
  readonly wrong: ReadonlySet<string>;
  readonly isBusy: boolean;
  readonly onStep: (place: number) => void;
}

type State = "wrong" | "shown" | "done" | "toCome";

const ICONS: Readonly<Record<State, FluentIcon>> = {
  wrong: ErrorCircle20Filled,
  shown: Edit20Regular,
  done: CheckmarkCircle20Filled,
  toCome: Circle20Regular,
};
/** What is said of a step beside its title. */
const SAID: Partial<Readonly<Record<State, string>>> = { wrong: words.isWrong, done: words.isDone };

/** The steps of a wizard: which is shown, which are done, in which something is wrong, which are still to come. */
export function StepList({ steps, place, reached, wrong, isBusy, onStep }: Given): ReactElement {
  const styles = useStyles();
  return (
    <nav aria-label={words.steps}>
      <ol className={styles.list}>
        {steps.map(({ name, title }, index) => {
          const state: State = wrong.has(name)
            ? "wrong"
            : index === place
              ? "shown"
              : index < reached
                ? "done"
                : "toCome";
          const Icon = ICONS[state];
          return (
            <li key={name}>
              <Button
                size="small"
                appearance="subtle"
                icon={<Icon />}
                className={mergeClasses(
                  styles.step,
                  index === place && styles.current,
                  state === "done" && styles.done,
                  state === "wrong" && styles.wrong,
                )}
                disabled={isBusy || index > reached}
                onClick={() => onStep(index)}
                {...(index === place ? { "aria-current": "step" as const } : {})}
              >
                {named(index + 1, title, SAID[state])}
              </Button>
            </li>
          );
        })}
      </ol>
    </nav>
  );
}

function named(place: number, title: string, state: string | undefined): string {
  return state === undefined ? words.step({ place, title }) : words.stepIn({ place, title, state });
}
