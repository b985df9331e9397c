import { makeStyles, mergeClasses, tokens } from "@fluentui/react-components";
import { ArrowSync20Regular } from "@fluentui/react-icons/svg/arrow-sync";
import { CheckmarkCircle20Filled } from "@fluentui/react-icons/svg/checkmark-circle";
import { Circle20Regular } from "@fluentui/react-icons/svg/circle";
import { Warning20Filled } from "@fluentui/react-icons/svg/warning";
import type { ReactElement } from "react";

import { words } from "../../words/spot-groups.ts";
import type { Release } from "./types.ts";

const USUAL = ["waiting", "canary", "surging", "moving", "done"] as const;

const useStyles = makeStyles({
  list: {
    display: "grid",
    gridTemplateColumns: "repeat(auto-fit, minmax(min(100%, 150px), 1fr))",
    gap: tokens.spacingHorizontalM,
    listStyleType: "none",
    margin: `${tokens.spacingVerticalM} 0`,
    padding: 0,
  },
  stage: {
    display: "flex",
    alignItems: "center",
    gap: tokens.spacingHorizontalS,
    color: tokens.colorNeutralForeground2,
  },
  current: { color: tokens.colorNeutralForeground1, fontWeight: tokens.fontWeightSemibold },
  icon: { display: "flex", flexShrink: 0 },
  done: { color: tokens.colorStatusSuccessForeground1 },
  works: { color: tokens.colorBrandForeground1 },
  stands: { color: tokens.colorStatusWarningForeground1 },
});

/** How far a release is: its stages one after the other. Where it stands still, that is said in their place. */
export function Stages({ stage }: { readonly stage: Release["stage"] }): ReactElement {
  const styles = useStyles();
  const place = USUAL.findIndex((each) => each === stage);
  if (place === -1) {
    return (
      <p className={mergeClasses(styles.stage, styles.current)}>
        <span className={mergeClasses(styles.icon, styles.stands)} aria-hidden="true">
          <Warning20Filled />
        </span>
        {words.stages[stage]}
      </p>
    );
  }
  return (
    <ol className={styles.list} aria-label={words.release}>
      {USUAL.map((each, index) => {
        const Icon =
          index < place || stage === "done"
            ? CheckmarkCircle20Filled
            : index === place
              ? ArrowSync20Regular
              : Circle20Regular;
        return (
          <li
            key={each}
            className={mergeClasses(styles.stage, index === place && styles.current)}
            {...(index === place ? { "aria-current": "step" as const } : {})}
          >
            <span
              className={mergeClasses(styles.icon, index < place && styles.done, index === place && styles.works)}
              aria-hidden="true"
            >
              <Icon />
            </span>
            {words.stages[each]}
          </li>
        );
      })}
    </ol>
  );
}
