import {
  Button,
  Menu,
  MenuDivider,
  MenuItem,
  MenuList,
  MenuPopover,
  MenuTrigger,
  Tooltip,
  makeStyles,
  mergeClasses,
  tokens,
  useRestoreFocusTarget,
} from "@fluentui/react-components";
import { MoreHorizontal20Regular } from "@fluentui/react-icons/svg/more-horizontal";
import { Fragment, type ReactElement } from "react";

import { may, useMe } from "../api/context.tsx";
import { words } from "../words/actions.ts";
import { sentence } from "../words/sentence.ts";
import type { Action } from "./action.ts";
import { actionIcon } from "./action-icon.ts";
import { once } from "./once.ts";
import { buttonOf, destroys, ordered } from "./ordered.ts";
import type { Work } from "./use-actions.tsx";

const useStyles = makeStyles({
  bar: {
    display: "flex",
    alignItems: "center",
    flexWrap: "wrap",
    gap: tokens.spacingHorizontalXXS,
    marginBottom: tokens.spacingVerticalM,
    padding: tokens.spacingHorizontalXS,
    backgroundColor: tokens.colorNeutralBackground1,
    border: `1px solid ${tokens.colorNeutralStroke2}`,
    borderRadius: tokens.borderRadiusXLarge,
    ":empty": { display: "none" },
  },
  /** Fluent's buttons of a toolbar are as wide as their words: on a phone they wrap. */
  button: { fontWeight: tokens.fontWeightRegular, minWidth: 0, maxWidth: "100%" },
  line: {
    alignSelf: "stretch",
    width: "1px",
    height: "auto",
    margin: `${tokens.spacingVerticalXS} ${tokens.spacingHorizontalS}`,
    border: "none",
    backgroundColor: tokens.colorNeutralStroke2,
  },
  /** What destroys does not look like the others. */
  destroys: {
    color: tokens.colorStatusDangerForeground1,
    ":hover": { color: tokens.colorStatusDangerForeground1, backgroundColor: tokens.colorStatusDangerBackground1 },
    "& .fui-Button__icon": { color: tokens.colorStatusDangerForeground1 },
    "& .fui-MenuItem__icon": { color: tokens.colorStatusDangerForeground1 },
  },
});

interface Given {
  readonly actions: readonly Action[];
  readonly begin: Work["begin"];
  /** How many have a button of their own; the rest is in a menu. */
  readonly shown?: number;
}

/** The actions of a thing, what is possible first: some as buttons, the others in a menu. Those that are not possible say why. */
export function ActionButtons({ actions, begin, shown = 4 }: Given): ReactElement | null {
  const styles = useStyles();
  const whyNot = useWhyNot();
  const target = useRestoreFocusTarget();
  const offered = ordered(actions, whyNot);
  const direct = offered.slice(0, shown);
  const rest = offered.slice(shown);
  if (offered.length === 0) {
    return null;
  }
  return (
    // A toolbar of Fluent has hidden places that take the focus, which a checker counts as a barrier (microsoft/tabster 288).
    // oxlint-disable-next-line jsx-a11y/prefer-tag-over-role
    <div role="group" className={styles.bar} aria-label={words.toolbar}>
      {direct.map((action, place) => {
        const why = whyNot(action);
        const Icon = action.icon ?? actionIcon(action.name);
        const isDestroying = destroys(action);
        // The order follows what is possible: a button that somebody aims at goes with its action. Without a reason
        // nothing is shown.
        return (
          <Fragment key={buttonOf(action, offered)}>
            {isDestroying && place > 0 && !destroys(direct[place - 1] as Action) && (
              <hr className={styles.line} aria-orientation="vertical" />
            )}
            <Tooltip
              content={why ?? action.title}
              relationship="description"
              {...(why === null ? { visible: false } : {})}
            >
              <Button
                appearance="subtle"
                {...target}
                className={mergeClasses(styles.button, isDestroying && why === null && styles.destroys)}
                {...(Icon === undefined ? {} : { icon: <Icon /> })}
                disabledFocusable={why !== null}
                onClickCapture={once}
                onClick={() => begin(action)}
              >
                {action.title}
              </Button>
            </Tooltip>
          </Fragment>
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
  const offered = ordered(actions, whyNot);
  return (
    <Menu onOpenChange={(_, { open }) => onOpen?.(open)}>
      <MenuTrigger disableButtonEnhancement>
        <Button
          {...target}
          className={styles.button}
          appearance="subtle"
          size={isSmall ? "small" : "medium"}
          icon={<MoreHorizontal20Regular />}
          {...(isSmall ? { "aria-label": label } : {})}
        >
          {isSmall ? null : label}
        </Button>
      </MenuTrigger>
      <MenuPopover>
        <MenuList>
          {offered.map((action, place) => {
            const why = whyNot(action);
            const Icon = action.icon ?? actionIcon(action.name);
            const isDestroying = destroys(action);
            return (
              <Fragment key={action.name}>
                {isDestroying && place > 0 && !destroys(offered[place - 1] as Action) && <MenuDivider />}
                <MenuItem
                  className={isDestroying && why === null ? styles.destroys : ""}
                  disabled={why !== null}
                  {...(Icon === undefined ? {} : { icon: <Icon /> })}
                  onClick={() => begin(action)}
                  {...(why === null ? {} : { subText: why })}
                >
                  {action.title}
                </MenuItem>
              </Fragment>
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
      return words.noRight({ permission });
    }
    return sentence(why) || null;
  };
}
