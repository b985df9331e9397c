import {
  Dialog,
  DialogBody,
  DialogContent,
  DialogSurface,
  DialogTitle,
  Input,
  makeStyles,
  mergeClasses,
  tokens,
} from "@fluentui/react-components";
import { useId, useState, type KeyboardEvent, type ReactElement } from "react";
import { useNavigate } from "react-router";

import { ROOT } from "../api/addresses.ts";
import { useMe } from "../api/context.tsx";
import { useOne } from "../api/read.ts";
import { useSettled } from "../components/use-settled.ts";
import { words } from "../words/shell.ts";
import { openGroups } from "../components/places.ts";

/** So many letters before Cloud PCs are looked for. */
const LEAST = 2;
const MOST = 12;

const useStyles = makeStyles({
  content: { display: "grid", rowGap: tokens.spacingVerticalM },
  list: { listStyleType: "none", margin: 0, padding: 0, minHeight: "240px" },
  item: {
    padding: `${tokens.spacingVerticalS} ${tokens.spacingHorizontalM}`,
    borderRadius: tokens.borderRadiusMedium,
    cursor: "pointer",
    overflowWrap: "anywhere",
  },
  current: { backgroundColor: tokens.colorNeutralBackground1Selected, fontWeight: tokens.fontWeightSemibold },
});

interface Target {
  readonly address: string;
  readonly title: string;
}

/** Go to a page, a tenant, or a Cloud PC by a part of its name. */
export function PaletteDialog(given: {
  readonly tenant: string | undefined;
  readonly onClose: () => void;
}): ReactElement {
  const styles = useStyles();
  const go = useNavigate();
  const list = useId();
  const [typed, setTyped] = useState("");
  const [place, setPlace] = useState(0);
  const { found, says } = useTargets(given.tenant, typed.trim());
  const current = Math.min(place, found.length - 1);
  const open = ({ address }: Target): void => {
    given.onClose();
    void go(address);
  };
  const move = (event: KeyboardEvent): void => {
    const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    const target = found[current];
    if (step !== 0 && found.length > 0) {
      event.preventDefault();
      setPlace((current + step + found.length) % found.length);
    } else if (event.key === "Enter" && target !== undefined) {
      event.preventDefault();
      open(target);
    }
  };
  return (
    <Dialog open onOpenChange={() => given.onClose()}>
      <DialogSurface>
        <DialogBody>
          <DialogTitle>{words.palette.title}</DialogTitle>
          <DialogContent className={styles.content}>
            {/* The pattern of a combobox with a list below it (WAI-ARIA): a datalist cannot go anywhere. */}
            <Input
              // oxlint-disable-next-line jsx-a11y/prefer-tag-over-role
              role="combobox"
              aria-label={words.palette.label}
              aria-expanded
              aria-controls={list}
              {...(current < 0 ? {} : { "aria-activedescendant": `${list}-${current}` })}
              value={typed}
              onChange={(_, { value }) => {
                setTyped(value);
                setPlace(0);
              }}
              onKeyDown={move}
            />
            {/* oxlint-disable-next-line jsx-a11y/prefer-tag-over-role */}
            <div id={list} role="listbox" aria-label={words.palette.title} className={styles.list}>
              {found.map((target, index) => (
                // The keyboard reaches options by the combobox above, as its pattern wants.
                // oxlint-disable-next-line jsx-a11y/click-events-have-key-events, jsx-a11y/interactive-supports-focus
                <div
                  key={target.address}
                  id={`${list}-${index}`}
                  // oxlint-disable-next-line jsx-a11y/prefer-tag-over-role
                  role="option"
                  aria-selected={index === current}
                  className={mergeClasses(styles.item, index === current && styles.current)}
                  onClick={() => open(target)}
                >
                  {target.title}
                </div>
              ))}
            </div>
            {says !== null && <output>{says}</output>}
          </DialogContent>
        </DialogBody>
      </DialogSurface>
    </Dialog>
  );
}

function useTargets(
  tenant: string | undefined,
  typed: string,
): { readonly found: readonly Target[]; readonly says: string | null } {
  const { data: me } = useMe();
  const search = useSettled(typed);
  const pcs = useOne(
    `${ROOT}/cloudPCs`,
    { tenant: tenant ?? "" },
    {
      query: {
        $search: `"${search.replaceAll('"', " ")}"`,
        $top: String(MOST),
        $select: "id,displayName,userPrincipalName",
      },
      enabled: tenant !== undefined && search.length >= LEAST,
    },
  );
  const pages =
    tenant === undefined
      ? []
      : openGroups(me, tenant).flatMap(({ links }) => links.map((each) => pageOf(tenant, each)));
  const tenants = (me?.tenants ?? []).map(({ id, displayName }) => ({
    address: `/t/${id}`,
    title: `${words.tenant}: ${displayName}`,
  }));
  const own = [...pages, { address: "/my", title: words.nav.my }, ...tenants];
  const matching = own.filter(({ title }) => title.toLowerCase().includes(typed.toLowerCase()));
  const found = (typed.length >= LEAST ? (pcs.data?.value ?? []) : []).map(
    ({ id, displayName, userPrincipalName }) => ({
      address: `/t/${tenant}/cloud-pcs/${id}`,
      title: `${displayName} (${userPrincipalName})`,
    }),
  );
  const all = [...matching, ...found].slice(0, MOST);
  const isSearching = tenant !== undefined && typed.length >= LEAST && (pcs.isLoading || search !== typed);
  if (pcs.isError) {
    return { found: all, says: words.palette.failed };
  }
  return { found: all, says: isSearching ? words.palette.searching : all.length === 0 ? words.palette.none : null };
}

function pageOf(tenant: string, { path, title }: { readonly path: string; readonly title: string }): Target {
  return { address: `/t/${tenant}${path}`, title };
}
