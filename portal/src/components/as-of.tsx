import { Caption1, makeStyles, tokens } from "@fluentui/react-components";
import type { ReactElement } from "react";

import { serviceTimeAt } from "../api/service-time.ts";
import { words } from "../words/shell.ts";
import { region } from "../words/language.ts";

/** Before the buttons beside it. */
const useStyles = makeStyles({ text: { order: -1, color: tokens.colorNeutralForeground2 } });
const times = new Intl.DateTimeFormat(region, { timeStyle: "long" });

interface Looked {
  readonly dataUpdatedAt: number;
  readonly isRefetchError: boolean;
}

/** When a view was read, by the service's clock, and whether the service answers: a screen reader says only the latter. */
export function AsOf({ query }: { readonly query: Looked }): ReactElement | null {
  const styles = useStyles();
  if (query.dataUpdatedAt === 0) {
    return null;
  }
  const text = `${words.asOf} ${times.format(serviceTimeAt(query.dataUpdatedAt))}`;
  return (
    <Caption1 className={styles.text}>
      {text}
      <output>{query.isRefetchError ? ` - ${words.reconnecting}` : ""}</output>
    </Caption1>
  );
}
