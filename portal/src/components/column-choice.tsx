import { Button, Menu, MenuItemCheckbox, MenuList, MenuPopover, MenuTrigger } from "@fluentui/react-components";
import type { ReactElement } from "react";

import { words } from "../words/lists.ts";

interface Given {
  readonly columns: readonly { readonly id: string; readonly title: string }[];
  readonly hidden: readonly string[];
  readonly hide: (ids: readonly string[]) => void;
}

const NAME = "columns";

/** A menu of the columns of a list; the first one names the row and cannot be hidden. */
export function ColumnChoice({ columns, hidden, hide }: Given): ReactElement {
  const others = columns.slice(1);
  const shown = others.filter(({ id }) => !hidden.includes(id)).map(({ id }) => id);
  return (
    <Menu
      checkedValues={{ [NAME]: shown }}
      onCheckedValueChange={(_, { checkedItems }) => hide(others.map(({ id }) => id).filter((id) => !checkedItems.includes(id)))}
    >
      <MenuTrigger disableButtonEnhancement>
        <Button size="small">{words.columns}</Button>
      </MenuTrigger>
      <MenuPopover>
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
