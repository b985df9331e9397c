import { makeStyles, tokens } from "@fluentui/react-components";
import { isValidElement, type ReactElement, type ReactNode } from "react";

import { titleOf } from "../api/errors.ts";
import { words } from "../words/shell.ts";

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
  const shown = Object.entries(facts).filter(([, value]) => !isEmpty(value));
  if (shown.length === 0) {
    return null;
  }
  return (
    <dl className={styles.list}>
      {shown.map(([name, value]) => (
        <div key={name} style={{ display: "contents" }}>
          <dt>{titleOf(name)}</dt>
          <dd>{shownOf(value)}</dd>
        </div>
      ))}
    </dl>
  );
}

function shownOf(value: unknown): ReactNode {
  return isValidElement(value) ? value : textOf(value);
}

function isEmpty(value: unknown): boolean {
  if (typeof value === "object" && value !== null) {
    return !isValidElement(value) && Object.keys(value).length === 0;
  }
  return value === null || value === undefined || value === "";
}

function textOf(value: unknown): string {
  if (typeof value === "boolean") {
    return value ? words.yes : words.no;
  }
  if (Array.isArray(value)) {
    return value.map((each) => textOf(each)).join(", ");
  }
  return typeof value === "object" && value !== null ? wordsOf(value) : String(value);
}

/** Write an object as `count: 10, percent: 20`. */
function wordsOf(value: object): string {
  return Object.entries(value)
    .filter(([, each]) => !isEmpty(each))
    .map(([name, each]) => `${titleOf(name).toLowerCase()}: ${textOf(each)}`)
    .join(", ");
}
