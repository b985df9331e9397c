import {
  Button,
  Menu,
  MenuItem,
  MenuList,
  MenuPopover,
  MenuTrigger,
  makeStyles,
  tokens,
  useRestoreFocusTarget,
} from "@fluentui/react-components";
import { Suspense, lazy, useState, type ReactElement } from "react";

import { may, useMe } from "../../api/context.tsx";
import type { Rows } from "../../api/pages.ts";
import type { Query } from "../../api/read.ts";
import type { Selecting } from "../../components/list-view.tsx";
import { NOTHING, everythingOf, isNothing } from "../../components/selection.ts";
import { words } from "../../words/cloud-pcs.ts";
import { BULK, type BulkName } from "./bulk.ts";
import { sentenceOf, targetsOf } from "./bulk-selection.ts";

/** Loaded when somebody first chooses an action. */
const BulkDialog = lazy(async () => ({ default: (await import("./bulk-dialog.tsx")).BulkDialog }));

const useStyles = makeStyles({
  bar: {
    display: "flex",
    flexWrap: "wrap",
    alignItems: "center",
    gap: tokens.spacingHorizontalS,
    marginBottom: tokens.spacingVerticalS,
    minHeight: "32px",
  },
});

interface Given {
  readonly tenant: string;
  readonly selecting: Selecting;
  /** What the list is asked for. */
  readonly query: Query;
  /** What the list is filtered by, in words. */
  readonly filter: readonly string[];
  readonly list: Rows<{ readonly id: string }>;
}

/** What is selected, as a sentence, and what can be done with it. "Select all" sends the filter, not the ids. */
export function BulkBar({ tenant, selecting, query, filter, list }: Given): ReactElement {
  const styles = useStyles();
  const { data: me } = useMe();
  const target = useRestoreFocusTarget();
  const [open, setOpen] = useState<BulkName | null>(null);
  const { selection, onSelect } = selecting;
  if (isNothing(selection)) {
    return <div className={styles.bar}>{words.bulk.noneSelected}</div>;
  }
  const shown = list.rows.map(({ id }) => id);
  const matching = list.count ?? 0;
  const offersAll = selection.kind === "picked" && matching > shown.length;
  const begin = (name: BulkName): void => setOpen(name);
  return (
    <div className={styles.bar}>
      <output>{sentenceOf(selection, matching, filter, shown)}</output>
      {offersAll && (
        <Button size="small" onClick={() => onSelect(everythingOf(query))}>
          {words.bulk.selectAll({ count: matching })}
        </Button>
      )}
      <Button size="small" onClick={() => onSelect(NOTHING)}>
        {words.bulk.clear}
      </Button>
      <Menu>
        <MenuTrigger disableButtonEnhancement>
          <Button {...target} appearance="primary" size="small">
            {words.bulk.actions}
          </Button>
        </MenuTrigger>
        <MenuPopover>
          <MenuList>
            {BULK.filter((name) => may(me, `cloudPCs/${name}`)).map((name) => (
              <MenuItem key={name} onClick={() => begin(name)}>
                {words.actions[name].title}
              </MenuItem>
            ))}
          </MenuList>
        </MenuPopover>
      </Menu>
      {open !== null && (
        <Suspense fallback={null}>
          <BulkDialog
            key={open}
            tenant={tenant}
            name={open}
            targets={targetsOf(selection)}
            onClose={() => setOpen(null)}
          />
        </Suspense>
      )}
    </div>
  );
}
