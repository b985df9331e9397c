import { Button, SearchBox, Select, makeStyles, tokens } from "@fluentui/react-components";
import { ArrowDownload20Regular } from "@fluentui/react-icons/svg/arrow-download";
import { Dismiss16Regular } from "@fluentui/react-icons/svg/dismiss";
import { useMutation } from "@tanstack/react-query";
import { useEffect, useRef, useState, type ReactElement, type ReactNode } from "react";

import { useApi } from "../api/context.tsx";
import { readCsv, type ListPath, type Place, type Query } from "../api/read.ts";
import { words } from "../words/lists.ts";
import { ErrorNotice } from "./error-notice.tsx";
import type { Filter, ListState } from "./list-state.ts";
import { saveFile } from "./save-file.ts";
import { PAUSE } from "./use-settled.ts";

const useStyles = makeStyles({
  tools: {
    display: "flex",
    flexWrap: "wrap",
    alignItems: "center",
    gap: tokens.spacingHorizontalS,
    marginBottom: tokens.spacingVerticalM,
  },
  search: { minWidth: "200px", flexGrow: 1, maxWidth: "360px" },
  /** As wide before its choices are read as with them: nothing moves when they come. */
  choice: { width: "180px", maxWidth: "100%", "& select": { width: "100%", textOverflow: "ellipsis" } },
  last: { marginLeft: "auto", display: "flex", flexWrap: "wrap", gap: tokens.spacingHorizontalS },
});

interface Given {
  readonly state: ListState;
  readonly filters: readonly Filter[];
  readonly isSearchable: boolean;
  /** Set one value of the address; an empty one takes it away. */
  readonly set: (name: string, value: string) => void;
  readonly clear: () => void;
  readonly csv: CsvFile | null;
  /** Beside the download. */
  readonly children?: ReactNode;
}

export interface CsvFile {
  readonly path: ListPath;
  readonly place: Place;
  readonly query: Query;
  readonly name: string;
}

/** What stands above a list: search, filters, what is chosen, columns, and the list as a file. */
export function ListTools({ state, filters, isSearchable, set, clear, csv, children }: Given): ReactElement {
  const styles = useStyles();
  const chosen = filters.filter(({ name }) => state.chosen[name] !== undefined);
  const isChosen = chosen.length > 0 || state.search !== "";
  return (
    <search className={styles.tools} aria-label={words.tools}>
      {isSearchable && <Search value={state.search} onSearch={(text) => set("search", text)} />}
      {filters.map(({ name, title, choices }) => (
        <Select
          key={name}
          className={styles.choice}
          aria-label={title}
          value={state.chosen[name] ?? ""}
          onChange={(_, { value }) => set(name, value)}
        >
          <option value="">{words.any({ title })}</option>
          {choices.map((each) => (
            <option key={each.value} value={each.value}>
              {each.title}
            </option>
          ))}
        </Select>
      ))}
      {chosen.map(({ name, title, choices }) => {
        const value = state.chosen[name] ?? "";
        const text = choices.find((each) => each.value === value)?.title ?? value;
        return (
          <Button
            key={name}
            size="small"
            shape="circular"
            icon={<Dismiss16Regular />}
            iconPosition="after"
            onClick={() => set(name, "")}
            aria-label={words.without({ title, value: text })}
          >
            {`${title}: ${text}`}
          </Button>
        );
      })}
      {isChosen && (
        <Button size="small" appearance="subtle" onClick={clear}>
          {words.clear}
        </Button>
      )}
      <div className={styles.last}>
        {children}
        {csv !== null && <Download csv={csv} />}
      </div>
    </search>
  );
}

function Search({
  value,
  onSearch,
}: {
  readonly value: string;
  readonly onSearch: (text: string) => void;
}): ReactElement {
  const styles = useStyles();
  const [typed, setTyped] = useState(value);
  const [from, setFrom] = useState(value);
  /** What the list was asked for last by what is typed here. */
  const [asked, setAsked] = useState(value);
  if (from !== value) {
    setFrom(value);
    if (value !== asked.trim()) {
      // The address has changed by itself: by a link, by "clear", by going back. What is typed on stays.
      setTyped(value);
      setAsked(value);
    }
  }
  const pause = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(pause.current), []);
  return (
    <SearchBox
      className={styles.search}
      data-search=""
      aria-label={words.search}
      placeholder={words.search}
      value={typed}
      onChange={(_, data) => {
        setTyped(data.value);
        clearTimeout(pause.current);
        pause.current = setTimeout(() => {
          setAsked(data.value);
          onSearch(data.value.trim());
        }, PAUSE);
      }}
    />
  );
}

/** A list as a file: all its pages. */
export function Download({ csv }: { readonly csv: CsvFile }): ReactElement {
  const api = useApi();
  const loading = useMutation({
    mutationFn: () => readCsv(api, csv.path, csv.place, csv.query),
    onSuccess: (file) => saveFile(file, `${csv.name}.csv`),
  });
  return (
    <>
      <Button
        size="small"
        appearance="subtle"
        icon={<ArrowDownload20Regular />}
        disabledFocusable={loading.isPending}
        onClick={() => loading.mutate()}
      >
        {loading.isPending ? words.csvComes : words.csv}
      </Button>
      {loading.isError && <ErrorNotice error={loading.error} />}
    </>
  );
}
