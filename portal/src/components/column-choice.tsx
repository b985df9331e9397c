import {
  Button,
  Menu,
  MenuItemCheckbox,
  MenuList,
  MenuPopover,
  MenuTrigger,
  makeStyles,
} from "@fluentui/react-components";
import { ColumnTriple20Regular } from "@fluentui/react-icons/svg/column-triple";
import type { ReactElement } from "react";

import { words } from "../words/lists.ts";

interface Given {
  readonly columns: readonly { readonly id: string; readonly title: string }[];
  readonly hidden: readonly string[];
  readonly hide: (ids: readonly string[]) => void;
}

const NAME = "columns";
const useStyles = makeStyles({
  /** In front of the list and of its header. */
  menu: { zIndex: 2 },
});

/** A menu of the columns of a list; the first one names the row and cannot be hidden. */
export function ColumnChoice({ columns, hidden, hide }: Given): ReactElement {
  const styles = useStyles();
  const others = columns.slice(1);
  const shown = others.filter(({ id }) => !hidden.includes(id)).map(({ id }) => id);
  return (
    // Inside its landmark: what is outside of all is not found by who walks from one to the next.
    <Menu
      inline
      checkedValues={{ [NAME]: shown }}
      onCheckedValueChange={(_, { checkedItems }) =>
        hide(others.map(({ id }) => id).filter((id) => !checkedItems.includes(id)))
      }
    >
      <MenuTrigger disableButtonEnhancement>
        <Button size="small" appearance="subtle" icon={<ColumnTriple20Regular />}>
          {words.columns}
        </Button>
      </MenuTrigger>
      <MenuPopover className={styles.menu}>
        <MenuList>
          {others.map(({ id, title }) => (
            <MenuItemCheckbox key={id} name={NAME} value={id} persistOnClick>
              {title}
            </MenuItemCheckbox>
          ))}
        </MenuList>
      </MenuPopover>
    </Menu>
  );
}
