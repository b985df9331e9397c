import { Button, makeStyles, tokens } from "@fluentui/react-components";
import { Add20Regular } from "@fluentui/react-icons/svg/add";
import type { FluentIcon } from "@fluentui/react-icons";
import { useCallback, useMemo, type ReactElement, type ReactNode } from "react";
import { useLocation, useParams, useSearchParams } from "react-router";

import { useMay } from "../api/context.tsx";
import type { Rows } from "../api/pages.ts";
import { useList, type ListPath, type Place, type Query, type RowOf } from "../api/read.ts";
import { words } from "../words/lists.ts";
import { AsOf } from "./as-of.tsx";
import { ColumnChoice } from "./column-choice.tsx";
import type { Column } from "./data-table.tsx";
import { EmptyState } from "./empty-state.tsx";
import { LinkButton } from "./link-button.tsx";
import { HIDDEN, orderText, queryOf, shownOf, stateOf, type Filter, type ListState } from "./list-state.ts";
import { ListTools } from "./list-tools.tsx";
import { ListView, type Selecting } from "./list-view.tsx";
import { PageHeader } from "./page-header.tsx";
import { belongingOf } from "./places.ts";
import { Tally } from "./tally.tsx";
import { useSelection } from "./use-selection.ts";

const NO_FILTERS: readonly Filter[] = [];

const useStyles = makeStyles({
  frame: {
    padding: `${tokens.spacingVerticalM} ${tokens.spacingHorizontalL}`,
    backgroundColor: tokens.colorNeutralBackground1,
    border: `1px solid ${tokens.colorNeutralStroke2}`,
    borderRadius: tokens.borderRadiusXLarge,
    minWidth: 0,
    "@media (max-width: 640px)": { padding: 0, backgroundColor: "transparent", border: "none" },
  },
  named: { display: "flex", alignItems: "center", columnGap: tokens.spacingHorizontalS, overflowWrap: "anywhere" },
  icon: { display: "flex", flexShrink: 0, color: tokens.colorBrandForeground1 },
});

interface ListWords {
  readonly title: string;
  /** In one line: what the rows are. */
  readonly about: string;
  readonly none: string;
  readonly noneText: string;
}

/** How rows are made: the wizard, what its link says, and the permission that it needs. */
interface Create {
  readonly wizard: string;
  readonly title: string;
}

/** What a page with one list declares; the page is made of it. */
export interface Listed<P extends ListPath> {
  readonly path: P;
  readonly words: ListWords;
  readonly columns: (tenant: string) => readonly Column<RowOf<P>>[];
  readonly idOf: (row: RowOf<P>) => string;
  readonly nameOf?: (row: RowOf<P>) => string;
  readonly runs?: (row: RowOf<P>) => boolean;
  readonly query?: Query;
  readonly filters?: readonly Filter[];
  /** Whether the service searches it. */
  readonly isSearchable?: boolean;
  /** The name of its CSV file; left out where it has none. */
  readonly csv?: string;
  readonly create?: Create;
  /** The status of a row, where how many rows have which is shown above the list. */
  readonly statusOf?: (row: RowOf<P>) => string;
  readonly size?: number;
  /** Whether the service gives rows by their ids: of a long list only those that run are read often. */
  readonly isById?: boolean;
}

/** A list whose search, filters and order stand in the address. */
export interface AddressedList<P extends ListPath> {
  readonly list: Rows<RowOf<P>>;
  readonly state: ListState;
  readonly query: Query;
  readonly set: (name: string, value: string) => void;
  readonly clear: () => void;
  readonly isFiltered: boolean;
}

/** A list of which rows can be selected; undefined where they cannot. */
interface SelectableList<P extends ListPath> extends AddressedList<P> {
  readonly selecting: Selecting | undefined;
}

/** Read the list that a page declares, as the address says. */
export function useAddressedList<P extends ListPath>(
  listed: Listed<P>,
  place: Place,
  filters: readonly Filter[] = NO_FILTERS,
): AddressedList<P> {
  const [address, setAddress] = useSearchParams();
  const state = useMemo(() => stateOf(address, filters), [address, filters]);
  const query = queryOf(state, filters, listed.query);
  const list = useList(listed.path, place, {
    query,
    runs: listed.runs,
    isById: listed.isById ?? false,
    ...(listed.size === undefined ? {} : { size: listed.size }),
  });
  const set = useCallback(
    (name: string, value: string) =>
      setAddress(
        (before) => {
          const next = new URLSearchParams(before);
          if (value === "") {
            next.delete(name);
          } else {
            next.set(name, value);
          }
          return next;
        },
        { replace: true },
      ),
    [setAddress],
  );
  const clear = (): void =>
    setAddress(
      (before) => {
        const names = new Set(["search", ...filters.map(({ name }) => name)]);
        return new URLSearchParams([...before].filter(([name]) => !names.has(name)));
      },
      { replace: true },
    );
  return { list, state, query, set, clear, isFiltered: state.search !== "" || Object.keys(state.chosen).length > 0 };
}

interface Given<P extends ListPath> {
  readonly listed: Listed<P>;
  /** Filters whose choices come from the service; those of the declaration otherwise. */
  readonly filters?: readonly Filter[];
  /** Columns that need more than the tenant, such as those with actions. */
  readonly columns?: readonly Column<RowOf<P>>[];
  /** Whether rows can be selected. */
  readonly isSelectable?: boolean;
  /** Beside the title. */
  readonly children?: ReactNode;
  /** Between the tools and the list. */
  readonly above?: (found: SelectableList<P>) => ReactNode;
}

/** A page with one list: title, tools, rows, and what to say when there are none. */
export function ListPage<P extends ListPath>(given: Given<P>): ReactElement {
  const { listed, children, above, isSelectable = false } = given;
  const styles = useStyles();
  const { tenant = "" } = useParams();
  const place = useMemo((): Place => ({ tenant }), [tenant]);
  const filters = given.filters ?? listed.filters ?? NO_FILTERS;
  const found = useAddressedList(listed, place, filters);
  const selection = useSelection(found.query);
  const selecting = isSelectable ? selection : undefined;
  const { columnsOf } = { columnsOf: listed.columns };
  const own = useMemo(() => columnsOf(tenant), [columnsOf, tenant]);
  const create = <CreateLink tenant={tenant} create={listed.create} />;
  const { isSearchable = false } = listed;
  const columns = given.columns ?? own;
  const { hidden } = found.state;
  const icon = belongingOf(useLocation().pathname)?.place.icon;
  const shown = useMemo(() => withIcon(shownOf(columns, hidden), icon), [columns, hidden, icon]);
  const csv = listed.csv === undefined ? null : { path: listed.path, place, query: found.query, name: listed.csv };
  return (
    <>
      <PageHeader title={listed.words.title} about={listed.words.about}>
        {create}
        {children}
        <AsOf query={found.list} />
      </PageHeader>
      {listed.statusOf !== undefined && (
        <Tally rows={found.list.rows} isWhole={found.list.isWhole} statusOf={listed.statusOf} />
      )}
      <div className={styles.frame}>
        {(isSearchable || filters.length > 0 || csv !== null) && (
          <ListTools
            state={found.state}
            filters={filters}
            isSearchable={isSearchable}
            set={found.set}
            clear={found.clear}
            csv={csv}
          >
            <ColumnChoice columns={columns} hidden={hidden} hide={(ids) => found.set(HIDDEN, ids.join(","))} />
          </ListTools>
        )}
        {above?.({ ...found, selecting })}
        <ListView
          label={listed.words.title}
          list={found.list}
          columns={shown}
          idOf={listed.idOf}
          {...(listed.nameOf === undefined ? {} : { nameOf: listed.nameOf })}
          order={found.state.order}
          onOrder={(order) => found.set("order", orderText(order))}
          selecting={selecting}
          none={<None words={listed.words} isFiltered={found.isFiltered} clear={found.clear} create={create} />}
        />
      </div>
    </>
  );
}

/** Return columns of which the first, which names the row, has the icon of its kind. */
function withIcon<Row>(columns: readonly Column<Row>[], icon: FluentIcon | undefined): readonly Column<Row>[] {
  const [first, ...others] = columns;
  return first === undefined || icon === undefined
    ? columns
    : [{ ...first, cell: (row) => <NamedRow icon={icon}>{first.cell(row)}</NamedRow> }, ...others];
}

function NamedRow({ icon: Icon, children }: { readonly icon: FluentIcon; readonly children: ReactNode }): ReactElement {
  const styles = useStyles();
  return (
    <span className={styles.named}>
      <span className={styles.icon} aria-hidden="true">
        <Icon />
      </span>
      <span>{children}</span>
    </span>
  );
}

function CreateLink(given: { readonly tenant: string; readonly create: Create | undefined }): ReactElement | null {
  const may = useMay("wizards/save");
  const { tenant, create } = given;
  return create === undefined || !may ? null : (
    <LinkButton to={`/t/${tenant}/wizards/${create.wizard}`} icon={Add20Regular} isPrimary>
      {create.title}
    </LinkButton>
  );
}

function None(given: {
  readonly words: ListWords;
  readonly isFiltered: boolean;
  readonly clear: () => void;
  readonly create: ReactElement;
}): ReactElement {
  if (given.isFiltered) {
    const action = <Button onClick={given.clear}>{words.clear}</Button>;
    return <EmptyState title={words.nothing} text={words.nothingText} action={action} />;
  }
  return <EmptyState title={given.words.none} text={given.words.noneText} action={given.create} />;
}
