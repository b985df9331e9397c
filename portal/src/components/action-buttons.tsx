import {
  Button,
  Menu,
  MenuItem,
  MenuList,
  MenuPopover,
  MenuTrigger,
  Tooltip,
  makeStyles,
  tokens,
  useRestoreFocusTarget,
} from "@fluentui/react-components";
import type { ReactElement } from "react";

import { may, useMe } from "../api/context.tsx";
import { words } from "../words/actions.ts";
import type { Action } from "./action.ts";
import { once } from "./once.ts";
import { destroys, ordered } from "./ordered.ts";
import type { Work } from "./use-actions.tsx";

const useStyles = makeStyles({
  bar: { display: "flex", flexWrap: "wrap", gap: tokens.spacingHorizontalS, marginBottom: tokens.spacingVerticalM },
  /** What destroys does not look like the others. */
  destroys: { color: tokens.colorStatusDangerForeground1 },
});

interface Given {
  readonly actions: readonly Action[];
  readonly begin: Work["begin"];
  /** How many have a button of their own; the rest is in a menu. */
  readonly shown?: number;
}

/** The actions of a thing, what is possible first: some as buttons, the others in a menu. Those that are not possible say why. */
export function ActionButtons({ actions, begin, shown = 3 }: Given): ReactElement {
  const styles = useStyles();
  const whyNot = useWhyNot();
  const target = useRestoreFocusTarget();
  const offered = ordered(actions, whyNot);
  const rest = offered.slice(shown);
  return (
    <div className={styles.bar}>
      {offered.slice(0, shown).map((action, place) => {
        const why = whyNot(action);
        // Pause and Resume are one button: it keeps the focus when it becomes the other. Without a reason nothing is shown.
        return (
          // oxlint-disable-next-line react/no-array-index-key
          <Tooltip key={place} content={why ?? action.title} relationship="description" {...(why === null ? { visible: false } : {})}>
            <Button {...target} className={destroys(action) && why === null ? styles.destroys : ""} disabledFocusable={why !== null} onClickCapture={once} onClick={() => begin(action)}>
              {action.title}
            </Button>
          </Tooltip>
        );
      })}
      {rest.length > 0 && <ActionMenu actions={rest} begin={begin} label={words.more} />}
    </div>
  );
}

interface MenuGiven {
  readonly actions: readonly Action[];
  readonly begin: Work["begin"];
  readonly label: string;
  readonly isSmall?: boolean;
  /** Told when the menu opens and closes, where what is possible is asked only then. */
  readonly onOpen?: (isOpen: boolean) => void;
}

/** Actions in a menu, such as those of one row. */
export function ActionMenu({ actions, begin, label, isSmall = false, onOpen }: MenuGiven): ReactElement {
  const styles = useStyles();
  const whyNot = useWhyNot();
  const target = useRestoreFocusTarget();
  return (
    <Menu onOpenChange={(_, { open }) => onOpen?.(open)}>
      <MenuTrigger disableButtonEnhancement>
        <Button {...target} size={isSmall ? "small" : "medium"} {...(isSmall ? { "aria-label": label } : {})}>
          {isSmall ? "…" : label}
        </Button>
      </MenuTrigger>
      <MenuPopover>
        <MenuList>
          {ordered(actions, whyNot).map((action) => {
            const why = whyNot(action);
            return (
              <MenuItem
                key={action.name}
                className={destroys(action) && why === null ? styles.destroys : ""}
                disabled={why !== null}
                onClick={() => begin(action)}
                {...(why === null ? {} : { subText: why })}
              >
                {action.title}
              </MenuItem>
            );
          })}
        </MenuList>
      </MenuPopover>
    </Menu>
  );
}

/** Return what tells why an action is not possible: for anybody, or for the caller's roles; null when it is. */
function useWhyNot(): (action: Action) => string | null {
  const { data, isError } = useMe();
  return ({ permission, why }) => {
    if (permission !== null && data === undefined) {
      return isError ? words.noRoles : words.asking;
    }
    if (permission !== null && !may(data, permission)) {
      return words.noRight(permission);
    }
    return why ?? null;
  };
}
