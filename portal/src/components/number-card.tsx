import { Caption1, makeStyles, tokens } from "@fluentui/react-components";
import type { FluentIcon } from "@fluentui/react-icons";
import type { ReactElement } from "react";
import { Link } from "react-router";

import { IconTile } from "./icon-tile.tsx";
import type { Color } from "./status-color.ts";

const useStyles = makeStyles({
  list: {
    display: "grid",
    gridTemplateColumns: "repeat(auto-fill, minmax(min(100%, 150px), 1fr))",
    gap: tokens.spacingHorizontalM,
    listStyleType: "none",
    padding: 0,
    margin: 0,
    "@media (max-width: 480px)": { gridTemplateColumns: "repeat(2, minmax(0, 1fr))", gap: tokens.spacingHorizontalS },
  },
  card: {
    boxSizing: "border-box",
    display: "flex",
    alignItems: "center",
    gap: tokens.spacingHorizontalM,
    height: "100%",
    padding: tokens.spacingHorizontalM,
    backgroundColor: tokens.colorNeutralBackground1,
    border: `1px solid ${tokens.colorNeutralStroke2}`,
    borderRadius: tokens.borderRadiusXLarge,
    color: tokens.colorNeutralForeground1,
    textDecoration: "none",
    minWidth: 0,
    ":hover": { backgroundColor: tokens.colorNeutralBackground1Hover, boxShadow: tokens.shadow4 },
    "@media (max-width: 480px)": { padding: tokens.spacingHorizontalS, gap: tokens.spacingHorizontalS },
  },
  text: { display: "grid", minWidth: 0 },
  number: {
    fontSize: tokens.fontSizeBase600,
    lineHeight: tokens.lineHeightBase600,
    fontWeight: tokens.fontWeightSemibold,
    fontVariantNumeric: "tabular-nums",
  },
  of: { fontSize: tokens.fontSizeBase400, color: tokens.colorNeutralForeground2, fontWeight: tokens.fontWeightRegular },
  label: { color: tokens.colorNeutralForeground2, overflowWrap: "anywhere" },
});

/** One number: of what it is, and where it leads. */
export interface Figure {
  readonly id: string;
  readonly icon: FluentIcon;
  readonly label: string;
  readonly count: number;
  /** Of how many. */
  readonly of?: number;
  /** Where what is counted is listed. */
  readonly to: string;
  /** What the number means; the accent when left out. Nothing to worry about is never coloured. */
  readonly color?: Color;
}

/** Numbers as cards, each a link to what it counts. */
export function NumberCards({
  label,
  figures,
}: {
  readonly label: string;
  readonly figures: readonly Figure[];
}): ReactElement {
  const styles = useStyles();
  return (
    <ul className={styles.list} aria-label={label}>
      {figures.map(({ id, icon, label: name, count, of, to, color }) => (
        <li key={id}>
          <Link to={to} className={styles.card}>
            <IconTile icon={icon} {...(color === undefined ? {} : { color: count === 0 ? "informative" : color })} />
            <span className={styles.text}>
              <span className={styles.number}>
                {count}
                {of === undefined ? null : <span className={styles.of}> / {of}</span>}
              </span>{" "}
              <Caption1 className={styles.label}>{name}</Caption1>
            </span>
          </Link>
        </li>
      ))}
    </ul>
  );
}
