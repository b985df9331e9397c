import { makeStyles, mergeClasses, tokens } from "@fluentui/react-components";
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
    "@media (max-width: 480px)": {
      gridTemplateColumns: "minmax(0, 2fr) minmax(0, 3fr)",
      columnGap: tokens.spacingHorizontalM,
    },
  },
  pair: { display: "contents" },
  /** Each name above its value, as many beside each other as there is room for. */
  tiles: {
    gridTemplateColumns: "repeat(auto-fill, minmax(min(100%, 210px), 1fr))",
    rowGap: tokens.spacingVerticalM,
    "& dt": { fontSize: tokens.fontSizeBase200, lineHeight: tokens.lineHeightBase200 },
    "@media (max-width: 480px)": { gridTemplateColumns: "minmax(0, 1fr)" },
  },
  tile: { display: "block", minWidth: 0 },
});

interface Given {
  readonly facts: Readonly<Record<string, unknown>>;
  /** Whether each name stands above its value, as in the overview of a page. */
  readonly areTiles?: boolean;
}

/** Names and values, such as the details of an error. Empty values are left out. */
export function Facts({ facts, areTiles = false }: Given): ReactElement | null {
  const styles = useStyles();
  const shown = Object.entries(facts).filter(([, value]) => !isNothing(value));
  if (shown.length === 0) {
    return null;
  }
  return (
    <dl className={mergeClasses(styles.list, areTiles && styles.tiles)}>
      {shown.map(([name, value]) => (
        <div key={name} className={areTiles ? styles.tile : styles.pair}>
          <dt>{titleOf(name)}</dt>
          <dd>{shownOf(value, name)}</dd>
        </div>
      ))}
    </dl>
  );
}

function shownOf(value: unknown, name: string): ReactNode {
  if (isValidElement(value)) {
    return value;
  }
  return isParts(value) ? <Parts of={value} /> : valueText(value, name);
}

/** Whether a value has parts with names, such as the security defaults of a policy. */
function isParts(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Each part of a value in a line of its own. */
function Parts({ of }: { readonly of: Readonly<Record<string, unknown>> }): ReactElement {
  return (
    <>
      {Object.entries(of)
        .filter(([, each]) => !isEmpty(each))
        .map(([name, each]) => (
          <div key={name}>
            {titleOf(name)}: {valueText(each, name)}
          </div>
        ))}
    </>
  );
}

function isNothing(value: unknown): boolean {
  return !isValidElement(value) && isEmpty(value);
}
