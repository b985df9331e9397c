import { Button, Menu, MenuItem, MenuList, MenuPopover, MenuTrigger, makeStyles, tokens } from "@fluentui/react-components";
import { Suspense, lazy, useState, type ReactElement } from "react";

import { useMay, useMe } from "../../api/context.tsx";
import { words } from "../../words/cloud-pcs.ts";
import { BULK, type BulkName } from "./bulk.ts";
import { selectionOf, type Chosen } from "./bulk-selection.ts";

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
  /** The filters of the list. */
  readonly chosen: Chosen;
  /** Whether what the list shows can be said by filters alone: not while it is searched. */
  readonly canSendFilter: boolean;
  /** How many match; null while nobody knows. */
  readonly matching: number | null;
  readonly clear: () => void;
}

/** What is selected, and what can be done with it. "Select all" sends the filter, not the ids. */
export function BulkBar({ tenant, selected, chosen, canSendFilter, matching, clear }: Given): ReactElement | null {
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
  const filter = canSendFilter ? selectionOf(chosen) : null;
  const offersAll = filter !== null && matching !== null && matching > selected.size;
  const isEverything = isAll && offersAll;
  const begin = (name: BulkName): void => setOpen(name);
  return (
    <div className={styles.bar}>
      <output>{isEverything ? words.bulk.all(matching) : words.bulk.selected(selected.size)}</output>
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
            {BULK.filter(({ permission }) => me?.verbs.includes(`Microsoft.CloudPC/cloudPCs/${permission}`)).map(({ name }) => (
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
            targets={isEverything ? { filter } : { cloudPcIds: [...selected] }}
            onClose={() => setOpen(null)}
          />
        </Suspense>
      )}
    </div>
  );
}
