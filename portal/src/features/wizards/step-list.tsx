import { Button, makeStyles, tokens } from "@fluentui/react-components";
import type { ReactElement } from "react";

import { words } from "../../words/wizards.ts";
import type { Wizard } from "./api.ts";

const useStyles = makeStyles({
  list: { display: "flex", flexWrap: "wrap", gap: tokens.spacingHorizontalXS, listStyleType: "none", margin: `0 0 ${tokens.spacingVerticalL}`, padding: 0 },
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

/** The steps of a wizard: which is shown, which are done, in which something is wrong, which are still to come. */
export function StepList({ steps, place, reached, wrong, isBusy, onStep }: Given): ReactElement {
  const styles = useStyles();
  return (
    <nav aria-label={words.steps}>
      <ol className={styles.list}>
        {steps.map(({ name, title }, index) => {
          const state = wrong.has(name) ? words.isWrong : index === place ? words.isShown : index < reached ? words.isDone : words.isToCome;
          return (
            <li key={name}>
              <Button
                size="small"
                appearance={index === place ? "primary" : index <= reached ? "secondary" : "subtle"}
                disabled={isBusy || index > reached}
                onClick={() => onStep(index)}
                {...(index === place ? { "aria-current": "step" as const } : {})}
              >
                {words.stepIn(index + 1, title, state)}
              </Button>
            </li>
          );
        })}
      </ol>
    </nav>
  );
}
