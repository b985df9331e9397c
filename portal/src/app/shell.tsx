import {
  Button,
  Caption1Strong,
  Menu,
  MenuDivider,
  MenuGroup,
  MenuGroupHeader,
  MenuItemRadio,
  MenuItem,
  MenuList,
  MenuPopover,
  MenuTrigger,
  Nav,
  NavItem,
  ProgressBar,
  Select,
  Tooltip,
  makeStyles,
  mergeClasses,
  tokens,
} from "@fluentui/react-components";
import { DarkTheme20Regular } from "@fluentui/react-icons/svg/dark-theme";
import { Navigation20Regular } from "@fluentui/react-icons/svg/navigation";
import { PersonCircle20Regular } from "@fluentui/react-icons/svg/person-circle";
import { SignOut20Regular } from "@fluentui/react-icons/svg/sign-out";
import { Suspense, lazy, useEffect, useRef, useState, type ReactElement, type RefObject } from "react";
import {
  Link,
  Outlet,
  ScrollRestoration,
  useHref,
  useLinkClickHandler,
  useLocation,
  useNavigate,
  useNavigation,
  useParams,
} from "react-router";

import { useMay, useMe, useSignIn } from "../api/context.tsx";
import { useChanges } from "../api/use-changes.ts";
import { forgetForms } from "../sign-in/account.ts";
import { LANGUAGES, chooseLanguage, chosenLanguage, language, languageHere } from "../words/language.ts";
import { words } from "../words/shell.ts";
import { words as signing } from "../words/sign-in.ts";
import { CARRIED, type Carried } from "../components/carried.ts";
import { DENSITIES, type Density } from "../components/density.ts";
import { Mark } from "../components/mark.tsx";
import { News } from "../components/news.tsx";
import { openGroups, MY, TENANTS, belongingOf, type Destination } from "../components/places.ts";
import { ToastPlace } from "../components/toasts.tsx";
import { PLACES, useKeptPlace } from "./kept-place.ts";
import { Palette } from "./palette.tsx";
import { CHOICES, useTheme, type Choice } from "./theme.tsx";

/** Loaded where something was carried from the page before. */
const CarriedOutcome = lazy(async () => ({ default: (await import("../components/outcome.tsx")).CarriedOutcome }));

/** The choice of the language that the browser asks for. */
const BROWSER = "browser";
const NARROW = "@media (max-width: 800px)";
const PHONE = "@media (max-width: 480px)";
const useStyles = makeStyles({
  all: {
    display: "grid",
    gridTemplateColumns: "236px minmax(0, 1fr)",
    gridTemplateRows: "auto 1fr",
    minHeight: "100vh",
    backgroundColor: tokens.colorNeutralBackground2,
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
    gap: tokens.spacingHorizontalS,
    padding: `${tokens.spacingVerticalS} ${tokens.spacingHorizontalL}`,
    backgroundColor: tokens.colorNeutralBackground1,
    borderTop: `3px solid ${tokens.colorBrandBackground}`,
    borderBottom: `1px solid ${tokens.colorNeutralStroke2}`,
    [NARROW]: { "& button": { minWidth: 0 } },
    [PHONE]: { gap: tokens.spacingHorizontalXS, padding: `${tokens.spacingVerticalS} ${tokens.spacingHorizontalS}` },
  },
  brand: {
    display: "flex",
    alignItems: "center",
    gap: tokens.spacingHorizontalS,
    marginRight: "auto",
    color: tokens.colorNeutralForeground1,
    textDecoration: "none",
    fontSize: tokens.fontSizeBase400,
    fontWeight: tokens.fontWeightSemibold,
    letterSpacing: "-0.01em",
  },
  wordOnly: { [PHONE]: { display: "none" } },
  menuButton: { display: "none", [NARROW]: { display: "inline-flex" } },
  side: {
    borderRight: `1px solid ${tokens.colorNeutralStroke2}`,
    backgroundColor: tokens.colorNeutralBackground4,
    padding: `${tokens.spacingVerticalS} ${tokens.spacingHorizontalM} ${tokens.spacingVerticalXXL}`,
    [NARROW]: { display: "none", borderRight: "none" },
  },
  open: { [NARROW]: { display: "block" } },
  group: {
    display: "block",
    padding: `${tokens.spacingVerticalM} ${tokens.spacingHorizontalMNudge} ${tokens.spacingVerticalXS}`,
    color: tokens.colorNeutralForeground2,
  },
  links: { listStyleType: "none", margin: 0, padding: 0 },
  last: {
    marginTop: tokens.spacingVerticalM,
    paddingTop: tokens.spacingVerticalS,
    borderTop: `1px solid ${tokens.colorNeutralStroke2}`,
  },
  item: { alignItems: "center", columnGap: tokens.spacingHorizontalMNudge, paddingTop: "6px", paddingBottom: "6px" },
  coming: { position: "fixed", top: 0, left: 0, zIndex: 10 },
  content: {
    boxSizing: "border-box",
    width: "100%",
    maxWidth: "1440px",
    padding: `${tokens.spacingVerticalL} ${tokens.spacingHorizontalXXL} ${tokens.spacingVerticalXXXL}`,
    minWidth: 0,
    outlineStyle: "none",
    [PHONE]: { padding: tokens.spacingHorizontalM },
  },
});

/** What is around every page: the bar with tenant and account, the navigation, the content. */
export function Shell(): ReactElement {
  const styles = useStyles();
  const { tenant } = useParams();
  const content = useRef<HTMLElement>(null);
  const { pathname, state } = useLocation();
  const carried = (state as { readonly [CARRIED]?: Carried } | null)?.[CARRIED];
  // The menu of a narrow window is open on one page: the next one begins with a closed menu.
  const [openOn, setOpenOn] = useState<string | null>(null);
  const isOpen = openOn === pathname;
  const isComing = useNavigation().state === "loading";
  useFocusOnPage(content, pathname);
  useLanguageOf(pathname);
  useKeptPlace();
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
          appearance="subtle"
          icon={<Navigation20Regular />}
          aria-label={words.menu}
          aria-expanded={isOpen}
          aria-controls="navigation"
          onClick={() => setOpenOn(isOpen ? null : pathname)}
        />
        <Link to="/" className={styles.brand} aria-label={words.product}>
          <Mark />
          <span className={styles.wordOnly}>{words.product}</span>
        </Link>
        <Palette tenant={tenant} />
        <TenantChoice tenant={tenant} />
        <ThemeChoice />
        <AccountMenu />
      </header>
      <nav id="navigation" className={mergeClasses(styles.side, isOpen && styles.open)} aria-label={words.menu}>
        <Navigation tenant={tenant} pathname={pathname} />
      </nav>
      <main id="content" ref={content} tabIndex={-1} className={styles.content}>
        {isComing && <ProgressBar className={styles.coming} aria-label={words.loading} />}
        {tenant !== undefined && <Changes key={tenant} tenant={tenant} />}
        {carried !== undefined && (
          <Suspense fallback={null}>
            <CarriedOutcome tenant={tenant ?? ""} carried={carried} />
          </Suspense>
        )}
        <Outlet />
        <News />
      </main>
      <ToastPlace />
      <ScrollRestoration storageKey={PLACES} />
    </div>
  );
}

/** Keeps the pages of a tenant up to date; it shows nothing. */
function Changes({ tenant }: { readonly tenant: string }): null {
  useChanges(tenant);
  return null;
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

/** A page that is shown in another language than the one before is loaded anew. */
function useLanguageOf(pathname: string): void {
  useEffect(() => {
    if (languageHere(`/portal${pathname}`) !== language) {
      location.reload();
    }
  }, [pathname]);
}

interface NavigationGiven {
  readonly tenant: string | undefined;
  readonly pathname: string;
}

function Navigation({ tenant, pathname }: NavigationGiven): ReactElement {
  const styles = useStyles();
  const mayList = useMay("tenants/list");
  const me = useMe().data;
  const own = tenant === undefined ? "" : `/t/${tenant}`;
  const belonging = belongingOf(pathname);
  const current = belonging === null ? "" : (belonging.above ?? pathname.replace(/\/$/, ""));
  return (
    <Nav selectedValue={current}>
      {tenant !== undefined &&
        openGroups(me, tenant).map(({ title, links }) => (
          <div key={title}>
            <Caption1Strong className={styles.group}>{title}</Caption1Strong>
            <ul className={styles.links} aria-label={title}>
              {links.map((each) => (
                <NavPlace key={each.path} place={each} own={own} />
              ))}
            </ul>
          </div>
        ))}
      <ul className={mergeClasses(styles.links, tenant !== undefined && styles.last)}>
        {mayList && <NavPlace place={TENANTS} own="" />}
        <NavPlace place={MY} own="" />
      </ul>
    </Nav>
  );
}

/** A link of the navigation. *own*: the address of the tenant, where the place is one of a tenant. */
function NavPlace({ place, own }: { readonly place: Destination; readonly own: string }): ReactElement {
  const styles = useStyles();
  const to = `${own}${place.path}`;
  const href = useHref(to);
  const go = useLinkClickHandler<Element>(to);
  const Icon = place.icon;
  return (
    <li>
      <NavItem className={styles.item} value={to} href={href} icon={<Icon />} onClick={go}>
        {place.title}
      </NavItem>
    </li>
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
    <Select
      aria-label={words.tenant}
      value={tenant ?? ""}
      onChange={(_, { value }) => void (value === "" ? undefined : go(`/t/${value}`))}
    >
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
  const { choice, choose, density, chooseDensity } = useTheme();
  return (
    <Menu
      checkedValues={{ theme: [choice], density: [density], language: [chosenLanguage() ?? BROWSER] }}
      onCheckedValueChange={(_, { name, checkedItems: [chosen] }) => {
        if (name === "language") {
          chooseLanguage(chosen === BROWSER ? null : (chosen ?? null));
        } else if (name === "theme") {
          choose(chosen as Choice);
        } else {
          chooseDensity(chosen as Density);
        }
      }}
    >
      <MenuTrigger disableButtonEnhancement>
        <Tooltip content={words.theme} relationship="label">
          <Button appearance="subtle" icon={<DarkTheme20Regular />} />
        </Tooltip>
      </MenuTrigger>
      <MenuPopover>
        <MenuList>
          <MenuGroup>
            <MenuGroupHeader>{words.theme}</MenuGroupHeader>
            {CHOICES.map((each) => (
              <MenuItemRadio key={each} name="theme" value={each}>
                {words.themes[each]}
              </MenuItemRadio>
            ))}
          </MenuGroup>
          <MenuDivider />
          <MenuGroup>
            <MenuGroupHeader>{words.density}</MenuGroupHeader>
            {DENSITIES.map((each) => (
              <MenuItemRadio key={each} name="density" value={each}>
                {words.densities[each]}
              </MenuItemRadio>
            ))}
          </MenuGroup>
          <MenuDivider />
          <MenuGroup>
            <MenuGroupHeader>{words.language}</MenuGroupHeader>
            <MenuItemRadio name="language" value={BROWSER}>
              {words.asBrowser}
            </MenuItemRadio>
            {LANGUAGES.map((each) => (
              <MenuItemRadio key={each} name="language" value={each} lang={each}>
                {new Intl.DisplayNames(each, { type: "language" }).of(each)}
              </MenuItemRadio>
            ))}
          </MenuGroup>
        </MenuList>
      </MenuPopover>
    </Menu>
  );
}

function AccountMenu(): ReactElement {
  const styles = useStyles();
  const signIn = useSignIn();
  const { account } = signIn;
  const leave = (): void => {
    forgetForms();
    void signIn.leave();
  };
  return (
    <Menu>
      <MenuTrigger disableButtonEnhancement>
        <Button appearance="subtle" icon={<PersonCircle20Regular />} aria-label={account?.name ?? words.account}>
          <span className={styles.wordOnly}>{account?.name ?? words.account}</span>
        </Button>
      </MenuTrigger>
      <MenuPopover>
        <MenuList>
          <MenuItem icon={<SignOut20Regular />} onClick={leave}>
            {signing.leave}
          </MenuItem>
        </MenuList>
      </MenuPopover>
    </Menu>
  );
}
