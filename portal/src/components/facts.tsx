import { makeStyles, tokens } from "@fluentui/react-components";
import { isValidElement, type ReactElement, type ReactNode } from "react";

import { titleOf } from "../api/errors.ts";
import { isEmpty, valueText } from "./values.ts";

const useStyles = makeStyles({
  list: {
    display: "grid",
    gridTemplateColumns: "max-content 1fr",
    columnGap: tokens.spacingHorizontalL,
    rowGap: tokens.spacingVerticalXS,
    margin: `${tokens.spacingVerticalS} 0`,
    "& dt": { color: tokens.colorNeutralForeground2 },
    "& dd": { margin: 0, overflowWrap: "anywhere" },
    "@media (max-width: 480px)": { gridTemplateColumns: "minmax(0, 2fr) minmax(0, 3fr)", columnGap: tokens.spacingHorizontalM },
  },
});

/** Names and values, such as the details of an error. Empty values are left out. */
export function Facts({ facts }: { readonly facts: Readonly<Record<string, unknown>> }): ReactElement | null {
  const styles = useStyles();
  const shown = Object.entries(facts).filter(([, value]) => !isNothing(value));
  if (shown.length === 0) {
    return null;
  }
  return (
    <dl className={styles.list}>
      {shown.map(([name, value]) => (
        <div key={name} style={{ display: "contents" }}>
          <dt>{titleOf(name)}</dt>
          <dd>{shownOf(value, name)}</dd>
        </div>
      ))}
    </dl>
  );
}

function shownOf(value: unknown, name: string): ReactNode {
  return isValidElement(value) ? value : valueText(value, name);
}

function isNothing(value: unknown): boolean {
  return !isValidElement(value) && isEmpty(value);
}
