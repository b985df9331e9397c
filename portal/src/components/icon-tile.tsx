import { makeStyles, mergeClasses, tokens } from "@fluentui/react-components";
import type { FluentIcon } from "@fluentui/react-icons";
import type { ReactElement } from "react";

import type { Color } from "./status-color.ts";

const useStyles = makeStyles({
  tile: {
    display: "grid",
    placeItems: "center",
    flexShrink: 0,
    width: "36px",
    height: "36px",
    borderRadius: tokens.borderRadiusLarge,
    backgroundColor: tokens.colorBrandBackground2,
    color: tokens.colorBrandForeground2,
    // Colours are the system's own there: the edge says that it is a tile.
    border: `1px solid ${tokens.colorTransparentStroke}`,
  },
  success: { backgroundColor: tokens.colorStatusSuccessBackground1, color: tokens.colorStatusSuccessForeground1 },
  danger: { backgroundColor: tokens.colorStatusDangerBackground1, color: tokens.colorStatusDangerForeground1 },
  warning: { backgroundColor: tokens.colorStatusWarningBackground1, color: tokens.colorStatusWarningForeground1 },
  informative: { backgroundColor: tokens.colorNeutralBackground4, color: tokens.colorNeutralForeground2 },
});

interface Given {
  readonly icon: FluentIcon;
  /** The accent when left out. */
  readonly color?: Color;
}

/** An icon on a tile: the kind of a thing at a glance. Its name stands beside it. */
export function IconTile({ icon: Icon, color }: Given): ReactElement {
  const styles = useStyles();
  return (
    <span className={mergeClasses(styles.tile, color && styles[color])} aria-hidden="true">
      <Icon />
    </span>
  );
}
