import { Button, Menu, MenuItem, MenuList, MenuPopover, MenuTrigger, makeStyles, tokens } from "@fluentui/react-components";
import { Suspense, lazy, useState, type ReactElement } from "react";

import { may, useMay, useMe } from "../../api/context.tsx";
import type { Rows } from "../../api/pages.ts";
import type { Query } from "../../api/read.ts";
import { words } from "../../words/cloud-pcs.ts";
import { BULK, type BulkName } from "./bulk.ts";
import { everything, type Targets } from "./bulk-selection.ts";

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
  readonly selected: ReadonlySet<string>;
  /** What the list was asked for. */
  readonly query: Query;
  readonly list: Rows<{ readonly id: string }>;
  readonly clear: () => void;
}

/** What is selected, and what can be done with it. "Select all" sends the filter, not the ids. */
export function BulkBar({ tenant, selected, query, list, clear }: Given): ReactElement | null {
  const styles = useStyles();
  const mayBulk = useMay("bulkActions/create");
  const { data: me } = useMe();
  const [isAll, setAll] = useState(false);
  const [open, setOpen] = useState<BulkName | null>(null);
  if (!mayBulk) {
    return null;
  }
  if (selected.size === 0) {
    return <div className={styles.bar}>{words.bulk.noneSelected}</div>;
  }
  const shown = list.rows.map(({ id }) => id);
  const matching = list.count ?? 0;
  const offersAll = matching > selected.size && shown.length < matching;
  const isEverything = isAll && offersAll;
  const targets: Targets = isEverything ? everything(query, shown, selected) : { cloudPcIds: [...selected] };
  const left = shown.filter((id) => !selected.has(id)).length;
  const begin = (name: BulkName): void => setOpen(name);
  return (
    <div className={styles.bar}>
      <output>{isEverything ? words.bulk.all(matching - left) : words.bulk.selected(selected.size)}</output>
      {offersAll && !isAll && (
        <Button size="small" onClick={() => setAll(true)}>
          {words.bulk.selectAll(matching)}
        </Button>
      )}
      <Button
        size="small"
        onClick={() => {
          setAll(false);
          clear();
        }}
      >
        {words.bulk.clear}
      </Button>
      <Menu>
        <MenuTrigger disableButtonEnhancement>
          <Button appearance="primary" size="small">
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
            targets={targets}
            onClose={() => setOpen(null)}
          />
        </Suspense>
      )}
    </div>
  );
}
