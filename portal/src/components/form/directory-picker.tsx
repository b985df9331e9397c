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
  /** Whether users can be chosen, too. */
  readonly hasUsers: boolean;
  /** Those whose names are known, such as those that are assigned now. */
  readonly known: readonly Choice[];
  readonly chosen: readonly string[];
  readonly onChange: (chosen: readonly string[]) => void;
}

/** Groups of the directory, and its users: those that are chosen, and what the search finds. */
export function DirectoryPicker({ hasUsers, known, chosen, onChange }: Given): ReactElement {
  const styles = useStyles();
  const { tenant = "" } = useParams();
  const [typed, setTyped] = useState("");
  const [seen, setSeen] = useState<readonly Choice[]>(known);
  const search = useSettled(typed.trim());
  const query = search === "" ? {} : { $search: search };
  const groups = useOne("/tenants/{tenant}/directory/groups", { tenant }, { query, isKept: true });
  const users = useOne("/tenants/{tenant}/directory/users", { tenant }, { query, isKept: true, enabled: hasUsers });
  const asked = hasUsers ? [users, groups] : [groups];
  const failed = asked.find(({ isError }) => isError);
  const found: readonly Choice[] = [
    ...(users.data?.value ?? []).map(({ id, displayName, userPrincipalName }) => ({
      value: id,
      title: words.userOf({ name: displayName, account: userPrincipalName }),
    })),
    ...(groups.data?.value ?? []).map(({ id, displayName }) => ({
      value: id,
      title: hasUsers ? words.groupOf({ name: displayName }) : displayName,
    })),
  ];
  const offered = new Map(
    [...seen.filter(({ value }) => chosen.includes(value)), ...found].map((each) => [each.value, each]),
  );
  const toggle = (choice: Choice, isChosen: boolean): void => {
    setSeen([...seen, choice]);
    onChange(isChosen ? [...chosen, choice.value] : chosen.filter((id) => id !== choice.value));
  };
  const label = hasUsers ? words.searchDirectory : words.searchGroups;
  const isRead = asked.every(({ data, isFetching }) => data !== undefined && !isFetching);
  return (
    <>
      <Input value={typed} aria-label={label} placeholder={label} onChange={(_, { value }) => setTyped(value)} />
      {failed !== undefined && <ErrorNotice error={failed.error} again={() => void failed.refetch()} />}
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
      {asked.some(({ isPending }) => isPending) && <Loading why={groups.failureReason ?? users.failureReason} />}
      {isRead && found.length === 0 && <output>{hasUsers ? words.nobody : words.noGroups}</output>}
      {asked.some(({ data }) => data?.more) ? <span>{words.moreGroups}</span> : null}
    </>
  );
}
