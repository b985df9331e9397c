import { Checkbox, Input, makeStyles } from "@fluentui/react-components";
import { useState, type ReactElement } from "react";
import { useParams } from "react-router";

import { useOne } from "../../api/read.ts";
import { words } from "../../words/form.ts";
import { ErrorNotice } from "../error-notice.tsx";
import { Loading } from "../loading.tsx";
import { useSettled } from "../use-settled.ts";
import type { Choice } from "./fields.ts";

const useStyles = makeStyles({ list: { display: "grid", maxHeight: "260px", overflowY: "auto" } });

interface Given {
  /** Groups whose names are known, such as those that are assigned now. */
  readonly known: readonly Choice[];
  readonly chosen: readonly string[];
  readonly onChange: (chosen: readonly string[]) => void;
}

/** Groups of the directory: those that are chosen, and what the search finds. */
export function GroupPicker({ known, chosen, onChange }: Given): ReactElement {
  const styles = useStyles();
  const { tenant = "" } = useParams();
  const [typed, setTyped] = useState("");
  const [seen, setSeen] = useState<readonly Choice[]>(known);
  const search = useSettled(typed.trim());
  const query = useOne(
    "/tenants/{tenant}/directory/groups",
    { tenant },
    { query: search === "" ? {} : { $search: search }, isKept: true },
  );
  const found = (query.data?.value ?? []).map(({ id, displayName }): Choice => ({
    value: id,
    title: displayName ?? id,
  }));
  const offered = new Map(
    [...seen.filter(({ value }) => chosen.includes(value)), ...found].map((each) => [each.value, each]),
  );
  const toggle = (choice: Choice, isChosen: boolean): void => {
    setSeen([...seen, choice]);
    onChange(isChosen ? [...chosen, choice.value] : chosen.filter((id) => id !== choice.value));
  };
  return (
    <>
      <Input
        value={typed}
        aria-label={words.searchGroups}
        placeholder={words.searchGroups}
        onChange={(_, { value }) => setTyped(value)}
      />
      {query.isError && <ErrorNotice error={query.error} again={() => void query.refetch()} />}
      <div className={styles.list}>
        {[...offered.values()].map((choice) => (
          <Checkbox
            key={choice.value}
            label={choice.title}
            checked={chosen.includes(choice.value)}
            onChange={(_, { checked }) => toggle(choice, checked === true)}
          />
        ))}
      </div>
      {query.isPending && <Loading why={query.failureReason} />}
      {query.data !== undefined && !query.isFetching && found.length === 0 && <output>{words.noGroups}</output>}
      {query.data?.more ? <span>{words.moreGroups}</span> : null}
    </>
  );
}
