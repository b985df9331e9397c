import { Edit20Regular } from "@fluentui/react-icons/svg/edit";
import { NoteAdd20Regular } from "@fluentui/react-icons/svg/note-add";
import { useMemo, type ReactElement } from "react";
import { Link, useParams } from "react-router";

import { ROOT, at } from "../../api/addresses.ts";
import type { Api } from "../../api/client.ts";
import { useApi, useMay } from "../../api/context.tsx";
import { titleOf } from "../../api/errors.ts";
import { useList, useOne, type Found } from "../../api/read.ts";
import type { components } from "../../api/schema.d.ts";
import { entered, sent, type Action } from "../../components/action.ts";
import { ActionButtons } from "../../components/action-buttons.tsx";
import { AsOf } from "../../components/as-of.tsx";
import { DataTable, type Column } from "../../components/data-table.tsx";
import { DetailView } from "../../components/detail-view.tsx";
import { input } from "../../components/form/inputs.ts";
import { ListView } from "../../components/list-view.tsx";
import { moment } from "../../components/moments.ts";
import { LinkButton } from "../../components/link-button.tsx";
import { NoteList } from "../../components/note-list.tsx";
import { inTenant } from "../../components/operation-progress.tsx";
import { Overview } from "../../components/overview.tsx";
import { PageHeader } from "../../components/page-header.tsx";
import { Section } from "../../components/section.tsx";
import { useActions } from "../../components/use-actions.tsx";
import { words } from "../../words/image-sets.ts";
import { isWorked, versionColumns } from "./versions.tsx";

type ImageSet = Found<"/tenants/{tenant}/{version}/deviceManagement/virtualEndpoint/imageSets/{id}">;
type Use = components["schemas"]["Use"];

/** One image set: its versions, who uses which, and its notes. */
export function ImageSetPage(): ReactElement {
  const { tenant = "", id = "" } = useParams();
  const api = useApi();
  const work = useActions(inTenant(tenant));
  const mayMake = useMay("wizards/save");
  const query = useOne(`${ROOT}/imageSets/{id}`, { tenant, id });
  return (
    <DetailView query={query}>
      {(set) => (
        <>
          <PageHeader title={set.displayName}>
            {mayMake && (
              <LinkButton to={`/t/${tenant}/wizards/edit-image-set?id=${id}`} icon={Edit20Regular}>
                {words.edit}
              </LinkButton>
            )}
            {mayMake && (
              <LinkButton to={`/t/${tenant}/wizards/create-image-version?id=${id}`}>{words.newVersion}</LinkButton>
            )}
            <AsOf query={query} />
          </PageHeader>
          <ActionButtons actions={actionsOf(api, tenant, set)} begin={work.begin} />
          {work.view}
          <Overview
            facts={{
              description: set.description,
              for: titleOf(set.hostPoolType),
              source: set.sourceName,
              site: set.isGlobal ? words.global : set.siteId,
              recipe: (set.recipe.steps ?? []).map(({ name, packageId }) =>
                packageId ? `${name} (${packageId})` : name,
              ),
              secrets: (set.recipe.secrets ?? []).map(({ name }) => name),
              schedule: set.recipe.schedule
                ? words.everyMonth({ day: set.recipe.schedule.dayOfMonth, hour: set.recipe.schedule.hour ?? 0 })
                : null,
              versionsKept: set.recipe.keepVersions ?? null,
              nextBuild: set.nextBuildDateTime ? moment(set.nextBuildDateTime) : null,
            }}
          />
          <Versions tenant={tenant} set={set} />
          <Section title={words.usage}>
            <Usage tenant={tenant} uses={set.usedBy} />
          </Section>
          <NoteList notes={set.notes} />
        </>
      )}
    </DetailView>
  );
}

function Versions({ tenant, set }: { readonly tenant: string; readonly set: ImageSet }): ReactElement {
  const list = useList(`${ROOT}/imageSets/{id}/versions`, { tenant, id: set.id }, { runs: isWorked });
  const columns = useMemo(() => versionColumns(tenant, set.id), [tenant, set.id]);
  return (
    <Section title={words.versions}>
      <ListView
        label={words.versions}
        list={list}
        columns={columns}
        idOf={(row) => row.id}
        none={<p>{words.noVersions}</p>}
      />
    </Section>
  );
}

function Usage({ tenant, uses }: { readonly tenant: string; readonly uses: readonly Use[] }): ReactElement {
  const columns = useMemo(
    (): Column<Use>[] => [
      {
        id: "group",
        title: words.usageColumns.group,
        cell: (row) => <Link to={`/t/${tenant}/spot-groups/${row.spotGroupId}`}>{row.displayName}</Link>,
      },
      { id: "version", title: words.usageColumns.version, cell: (row) => row.version },
      { id: "hosts", title: words.usageColumns.hosts, cell: (row) => String(row.hosts) },
    ],
    [tenant],
  );
  if (uses.length === 0) {
    return <p>{words.noUsage}</p>;
  }
  return (
    <DataTable label={words.usage} rows={uses} columns={columns} idOf={(row) => `${row.spotGroupId}${row.version}`} />
  );
}

function actionsOf(api: Api, tenant: string, set: ImageSet): Action[] {
  const place = { params: { path: { ...at(tenant), id: set.id } } };
  return [
    {
      name: "note",
      icon: NoteAdd20Regular,
      ...words.actions.note,
      permission: "imageSets/update",
      fields: [input("long", "notes", words.fields.note, { longest: 2_000 })],
      run: (values) => sent(api.PATCH(`${ROOT}/imageSets/{id}`, { ...place, body: entered(values) })),
    },
    {
      name: "delete",
      ...words.actions.delete,
      permission: "imageSets/delete",
      typed: set.displayName,
      leaveTo: `/t/${tenant}/image-sets`,
      run: () => sent(api.DELETE(`${ROOT}/imageSets/{id}`, place)),
    },
  ];
}
