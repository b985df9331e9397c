import {
  Button,
  Caption1Strong,
  Menu,
  MenuItemRadio,
  MenuItem,
  MenuList,
  MenuPopover,
  MenuTrigger,
  ProgressBar,
  Select,
  makeStyles,
  mergeClasses,
  tokens,
} from "@fluentui/react-components";
import { useEffect, useRef, useState, type ReactElement, type RefObject } from "react";
import { NavLink, Outlet, ScrollRestoration, useLocation, useNavigate, useNavigation, useParams } from "react-router";

import { useMay, useMe, useSignIn } from "../api/context.tsx";
import { forgetForms } from "../sign-in/account.ts";
import { words } from "../words/shell.ts";
import { words as signing } from "../words/sign-in.ts";
import { News } from "../components/news.tsx";
import { CarriedOutcome } from "../components/use-actions.tsx";
import { Palette } from "./palette.tsx";
import { GROUPS } from "./sections.ts";
import { CHOICES, useTheme, type Choice } from "./theme.tsx";

const NARROW = "@media (max-width: 800px)";
const useStyles = makeStyles({
  all: {
    display: "grid",
    gridTemplateColumns: "220px minmax(0, 1fr)",
    gridTemplateRows: "auto 1fr",
    minHeight: "100vh",
    backgroundColor: tokens.colorNeutralBackground1,
    color: tokens.colorNeutralForeground1,
    [NARROW]: { gridTemplateColumns: "minmax(0, 1fr)" },
  },
  skip: {
    position: "absolute",
    left: "-9999px",
    ":focus": { left: tokens.spacingHorizontalM, top: tokens.spacingVerticalS, zIndex: 10 },
  },
  top: {
    gridColumn: "1 / -1",
    display: "flex",
    flexWrap: "wrap",
    alignItems: "center",
    gap: tokens.spacingHorizontalM,
    padding: `${tokens.spacingVerticalS} ${tokens.spacingHorizontalL}`,
    borderBottom: `1px solid ${tokens.colorNeutralStroke2}`,
    [NARROW]: { gap: tokens.spacingHorizontalS, "& button": { minWidth: 0 } },
  },
  name: { fontWeight: tokens.fontWeightSemibold, marginRight: "auto" },
  menuButton: { display: "none", [NARROW]: { display: "inline-flex" } },
  side: {
    borderRight: `1px solid ${tokens.colorNeutralStroke2}`,
    padding: tokens.spacingVerticalM,
    [NARROW]: { display: "none", borderRight: "none" },
  },
  open: { [NARROW]: { display: "block" } },
  group: {
    display: "block",
    padding: `${tokens.spacingVerticalM} ${tokens.spacingHorizontalM} ${tokens.spacingVerticalXS}`,
    color: tokens.colorNeutralForeground3,
  },
  links: { listStyleType: "none", margin: 0, padding: 0 },
  link: {
    display: "block",
    padding: `${tokens.spacingVerticalS} ${tokens.spacingHorizontalM}`,
    borderRadius: tokens.borderRadiusMedium,
    color: tokens.colorNeutralForeground1,
    textDecoration: "none",
    ":hover": { backgroundColor: tokens.colorNeutralBackground1Hover },
    '&[aria-current="page"]': {
      backgroundColor: tokens.colorNeutralBackground1Selected,
      fontWeight: tokens.fontWeightSemibold,
    },
  },
  coming: { position: "fixed", top: 0, left: 0, zIndex: 10 },
  content: { padding: tokens.spacingHorizontalL, minWidth: 0, outlineStyle: "none" },
});

/** What is around every page: the bar with tenant and account, the navigation, the content. */
export function Shell(): ReactElement {
  const styles = useStyles();
  const { tenant } = useParams();
  const content = useRef<HTMLElement>(null);
  const { pathname } = useLocation();
  // The menu of a narrow window is open on one page: the next one begins with a closed menu.
  const [openOn, setOpenOn] = useState<string | null>(null);
  const isOpen = openOn === pathname;
  const isComing = useNavigation().state === "loading";
  useFocusOnPage(content, pathname);
  return (
    <div className={styles.all}>
      <a
        className={styles.skip}
        href="#content"
        onClick={(event) => {
          event.preventDefault();
          content.current?.focus();
        }}
      >
        {words.skip}
      </a>
      <header className={styles.top}>
        <Button
          className={styles.menuButton}
          aria-expanded={isOpen}
          aria-controls="navigation"
          onClick={() => setOpenOn(isOpen ? null : pathname)}
        >
          {words.menu}
        </Button>
        <span className={styles.name}>{words.product}</span>
        <Palette tenant={tenant} />
        <TenantChoice tenant={tenant} />
        <ThemeChoice />
        <AccountMenu />
      </header>
      <nav id="navigation" className={mergeClasses(styles.side, isOpen && styles.open)} aria-label={words.menu}>
        <Navigation tenant={tenant} />
      </nav>
      <main id="content" ref={content} tabIndex={-1} className={styles.content}>
        {isComing && <ProgressBar className={styles.coming} aria-label={words.loading} />}
        <CarriedOutcome tenant={tenant ?? ""} />
        <Outlet />
        <News />
      </main>
      <ScrollRestoration />
    </div>
  );
}

/** When a page comes in the place of the one that had the focus, the focus is at its beginning. */
function useFocusOnPage(content: RefObject<HTMLElement | null>, pathname: string): void {
  const before = useRef(pathname);
  useEffect(() => {
    const isOther = before.current !== pathname;
    before.current = pathname;
    if (isOther && document.activeElement === document.body) {
      content.current?.focus({ preventScroll: true });
    }
  }, [content, pathname]);
}

function Navigation({ tenant }: { readonly tenant: string | undefined }): ReactElement {
  const styles = useStyles();
  const mayList = useMay("tenants/list");
  return (
    <>
      {tenant !== undefined &&
        GROUPS.map(({ title, links }) => (
          <div key={title}>
            <Caption1Strong className={styles.group}>{title}</Caption1Strong>
            <ul className={styles.links} aria-label={title}>
              {links.map((each) => (
                <li key={each.path}>
                  <NavLink className={styles.link} to={`/t/${tenant}${each.path}`} end={each.path === ""}>
                    {each.title}
                  </NavLink>
                </li>
              ))}
            </ul>
          </div>
        ))}
      <ul className={styles.links}>
        {mayList && (
          <li>
            <NavLink className={styles.link} to="/tenants">
              {words.nav.tenants}
            </NavLink>
          </li>
        )}
        <li>
          <NavLink className={styles.link} to="/my">
            {words.nav.my}
          </NavLink>
        </li>
      </ul>
    </>
  );
}

function TenantChoice({ tenant }: { readonly tenant: string | undefined }): ReactElement | null {
  const { data } = useMe();
  const go = useNavigate();
  if (data === undefined || data.tenants.length < 2) {
    return null;
  }
  const isKnown = data.tenants.some(({ id }) => id === tenant);
  return (
    <Select aria-label={words.tenant} value={tenant ?? ""} onChange={(_, { value }) => void (value === "" ? undefined : go(`/t/${value}`))}>
      {isKnown ? null : <option value={tenant ?? ""}>{tenant ?? words.chooseTenant}</option>}
      {data.tenants.map((each) => (
        <option key={each.id} value={each.id}>
          {each.displayName}
        </option>
      ))}
    </Select>
  );
}

function ThemeChoice(): ReactElement {
  const { choice, choose } = useTheme();
  return (
    <Menu
      checkedValues={{ theme: [choice] }}
      onCheckedValueChange={(_, { checkedItems }) => choose(checkedItems[0] as Choice)}
    >
      <MenuTrigger disableButtonEnhancement>
        <Button>{words.theme}</Button>
      </MenuTrigger>
      <MenuPopover>
        <MenuList>
          {CHOICES.map((each) => (
            <MenuItemRadio key={each} name="theme" value={each}>
              {words.themes[each]}
            </MenuItemRadio>
          ))}
        </MenuList>
      </MenuPopover>
    </Menu>
  );
}

function AccountMenu(): ReactElement {
  const signIn = useSignIn();
  const { account } = signIn;
  const leave = (): void => {
    forgetForms();
    void signIn.leave();
  };
  return (
    <Menu>
      <MenuTrigger disableButtonEnhancement>
        <Button>{account?.name ?? words.account}</Button>
      </MenuTrigger>
      <MenuPopover>
        <MenuList>
          <MenuItem onClick={leave}>{signing.leave}</MenuItem>
        </MenuList>
      </MenuPopover>
    </Menu>
  );
}
