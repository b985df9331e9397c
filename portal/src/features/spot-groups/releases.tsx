import { MessageBar, MessageBarBody } from "@fluentui/react-components";
import type { ReactElement } from "react";
import { Link } from "react-router";

import { ROOT } from "../../api/addresses.ts";
import { useApi } from "../../api/context.tsx";
import { titleOf } from "../../api/errors.ts";
import { useList } from "../../api/read.ts";
import { ActionButtons } from "../../components/action-buttons.tsx";
import type { Column } from "../../components/data-table.tsx";
import { Facts } from "../../components/facts.tsx";
import { ListView } from "../../components/list-view.tsx";
import { moment } from "../../components/moments.ts";
import { Section } from "../../components/section.tsx";
import { StatusBadge } from "../../components/status-badge.tsx";
import type { Work } from "../../components/use-actions.tsx";
import { words } from "../../words/spot-groups.ts";
import { releaseActions } from "./actions.ts";
import type { Release } from "./types.ts";

const OPEN: ReadonlySet<string> = new Set(["running", "paused", "failed"]);
const COLUMNS: readonly Column<Release>[] = [
  { id: "version", title: words.releaseColumns.version, cell: (row) => `${row.before.imageVersion} → ${row.image.imageVersion}` },
  { id: "method", title: words.releaseColumns.method, cell: (row) => titleOf(row.method) },
  { id: "status", title: words.releaseColumns.status, cell: (row) => <StatusBadge status={row.status} /> },
  { id: "by", title: words.releaseColumns.by, cell: (row) => row.requestedBy },
  { id: "created", title: words.releaseColumns.created, cell: (row) => moment(row.createdDateTime) },
];

interface Given {
  readonly tenant: string;
  readonly group: string;
  readonly work: Work;
}

/** The release that is open, with what steers it; and all releases, from which one goes back. */
export function Releases({ tenant, group, work }: Given): ReactElement {
  const api = useApi();
  const list = useList(`${ROOT}/spotGroups/{id}/history`, { tenant, id: group }, { runs: ({ status }) => status === "running" });
  const [newest] = list.rows;
  const open = newest !== undefined && OPEN.has(newest.status) ? newest : null;
  return (
    <>
      {open !== null && (
        <Section title={words.release}>
          <ActionButtons actions={releaseActions(api, tenant, open)} begin={work.begin} />
          {open.cause ? (
            <MessageBar intent="warning" layout="multiline">
              <MessageBarBody>{open.cause}</MessageBarBody>
            </MessageBar>
          ) : null}
          <Facts
            facts={{
              version: `${open.before.imageVersion} → ${open.image.imageVersion}`,
              stage: titleOf(open.stage),
              method: titleOf(open.method),
              notes: open.notes,
              goBack: (
                <Link to={`/t/${tenant}/wizards/update-spot-group?id=${group}&imageSetId=${open.before.imageSetId}&imageVersion=${open.before.imageVersion}`}>
                  {words.actions.rollBack.title}
                </Link>
              ),
            }}
          />
        </Section>
      )}
      <Section title={words.history}>
        <ListView label={words.history} list={list} columns={COLUMNS} idOf={(row) => row.id} none={<p>{words.noHistory}</p>} />
      </Section>
    </>
  );
}
