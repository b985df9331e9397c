import { MessageBar, MessageBarBody } from "@fluentui/react-components";
import { ArrowUndo20Regular } from "@fluentui/react-icons/svg/arrow-undo";
import { History20Regular } from "@fluentui/react-icons/svg/history";
import { Rocket20Regular } from "@fluentui/react-icons/svg/rocket";
import { useEffect, type ReactElement } from "react";

import { ROOT } from "../../api/addresses.ts";
import { useApi, useMay } from "../../api/context.tsx";
import { titleOf } from "../../api/errors.ts";
import type { Rows } from "../../api/pages.ts";
import { useList } from "../../api/read.ts";
import { ActionButtons } from "../../components/action-buttons.tsx";
import type { Column } from "../../components/data-table.tsx";
import { Facts } from "../../components/facts.tsx";
import { LinkButton } from "../../components/link-button.tsx";
import { ListView } from "../../components/list-view.tsx";
import { moment } from "../../components/moments.ts";
import { OperationProgress, inTenant } from "../../components/operation-progress.tsx";
import { Section } from "../../components/section.tsx";
import { ShareBar } from "../../components/share-bar.tsx";
import { StatusBadge } from "../../components/status-badge.tsx";
import { saidOf } from "../../components/supported.ts";
import type { Work } from "../../components/use-actions.tsx";
import { words } from "../../words/spot-groups.ts";
import { releaseActions } from "./actions.ts";
import { movedOf, versionBefore } from "./host-state.ts";
import { HOSTS_PATH } from "./lists.tsx";
import { Stages } from "./stages.tsx";
import { useSupported } from "./supported.ts";
import type { Release, SpotGroup } from "./types.ts";

const OPEN: ReadonlySet<string> = new Set(["running", "paused", "failed"]);
const COLUMNS: readonly Column<Release>[] = [
  {
    id: "version",
    title: words.releaseColumns.version,
    cell: (row) => `${row.before.imageVersion} → ${row.image.imageVersion}`,
  },
  { id: "method", title: words.releaseColumns.method, cell: (row) => titleOf(row.method) },
  {
    id: "status",
    title: words.releaseColumns.status,
    cell: (row) => <StatusBadge status={row.pausedBecause ? "paused" : row.status} />,
  },
  { id: "by", title: words.releaseColumns.by, cell: (row) => row.requestedBy },
  { id: "created", width: "120px", title: words.releaseColumns.created, cell: (row) => moment(row.createdDateTime) },
];

interface Given {
  readonly tenant: string;
  readonly group: SpotGroup;
  readonly work: Work;
}

/** The release that is open, where there is one: how far it is, and what steers it. */
export function ReleaseNow({ tenant, group, work }: Given): ReactElement | null {
  const [newest] = useReleases(tenant, group.id).rows;
  return newest !== undefined && OPEN.has(newest.status) ? (
    <OpenRelease tenant={tenant} group={group.id} work={work} release={newest} />
  ) : null;
}

function useReleases(tenant: string, id: string): Rows<Release> {
  return useList(`${ROOT}/spotGroups/{id}/history`, { tenant, id }, { runs: ({ status }) => status === "running" });
}

/** The release that is open, with what steers it; all releases; and the way back, whenever there is a version before. */
export function Releases({ tenant, group, work }: Given): ReactElement {
  const { id } = group;
  const list = useReleases(tenant, id);
  const mayRelease = useMay("wizards/save");
  const before = versionBefore(list.rows, group);
  return (
    <>
      <ReleaseNow tenant={tenant} group={group} work={work} />
      <Section
        title={words.history}
        icon={History20Regular}
        tools={
          mayRelease && before !== null ? (
            <LinkButton
              to={`/t/${tenant}/wizards/update-spot-group?id=${id}&imageSetId=${before.imageSetId}&imageVersion=${before.imageVersion}`}
              icon={ArrowUndo20Regular}
            >
              {words.backTo({ version: before.imageVersion })}
            </LinkButton>
          ) : null
        }
      >
        <ListView
          label={words.history}
          list={list}
          columns={COLUMNS}
          idOf={(row) => row.id}
          none={<p>{words.noHistory}</p>}
        />
      </Section>
    </>
  );
}

interface OpenGiven {
  readonly tenant: string;
  readonly group: string;
  readonly work: Work;
  readonly release: Release;
}

function OpenRelease({ tenant, group, work, release }: OpenGiven): ReactElement {
  const api = useApi();
  const says = saidOf(useSupported(tenant, group));
  const hosts = useList(HOSTS_PATH, { tenant, id: group });
  const { before, image } = release;
  useEffect(() => hosts.more()); // what is counted is read to its end
  const far = movedOf(hosts.rows, image);
  return (
    <Section title={words.releaseOf({ version: image.imageVersion })} icon={Rocket20Regular}>
      <ActionButtons actions={releaseActions(api, tenant, release, says)} begin={work.begin} />
      {release.status === "running" && (
        <OperationProgress
          title={words.releaseOf({ version: image.imageVersion })}
          followed={inTenant(tenant)(release.operationId)}
        />
      )}
      {[release.pausedBecause, release.cause].filter(Boolean).map((text) => (
        <MessageBar key={text} intent="warning" layout="multiline">
          <MessageBarBody>{text}</MessageBarBody>
        </MessageBar>
      ))}
      <Stages stage={release.stage} />
      {!hosts.isPending && <ShareBar whole={far.hosts} parts={[{ id: "moved", count: far.moved }]} />}
      <Facts
        areTiles
        facts={{
          version: `${before.imageVersion} → ${image.imageVersion}`,
          status: titleOf(release.status),
          hostsMoved: hosts.isPending ? null : words.moved({ moved: far.moved, hosts: far.hosts }),
          sessionsLeft: hosts.isPending ? null : far.sessionsLeft,
          method: titleOf(release.method),
          at: release.at ? moment(release.at) : null,
          notes: release.notes,
        }}
      />
    </Section>
  );
}
