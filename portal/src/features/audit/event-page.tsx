import type { ReactElement } from "react";
import { useParams } from "react-router";

import { ROOT } from "../../api/addresses.ts";
import { titleOf } from "../../api/errors.ts";
import type { components } from "../../api/schema.d.ts";
import { useOne } from "../../api/read.ts";
import { DataTable, type Column } from "../../components/data-table.tsx";
import { DetailView } from "../../components/detail-view.tsx";
import { Facts } from "../../components/facts.tsx";
import { labelOf } from "../../components/field-facts.ts";
import { moment } from "../../components/moments.ts";
import { Overview } from "../../components/overview.tsx";
import { PageHeader } from "../../components/page-header.tsx";
import { Section } from "../../components/section.tsx";
import { StatusBadge } from "../../components/status-badge.tsx";
import { writtenText } from "../../components/values.ts";
import { words } from "../../words/audit.ts";
import { activityOf, whoOf } from "./who.ts";

type Change = components["schemas"]["AuditProperty"];

const CHANGES: readonly Column<Change>[] = [
  {
    id: "property",
    title: words.changeColumns.property,
    cell: (row) => (row.displayName ? labelOf(row.displayName) : "-"),
  },
  { id: "before", title: words.changeColumns.before, cell: (row) => writtenText(row.oldValue, row.displayName ?? "") },
  { id: "after", title: words.changeColumns.after, cell: (row) => writtenText(row.newValue, row.displayName ?? "") },
];

/** One audit event: who, what, when, and which properties had which values. */
export function AuditEventPage(): ReactElement {
  const { tenant = "", id = "" } = useParams();
  const query = useOne(`${ROOT}/auditEvents/{id}`, { tenant, id });
  return (
    <DetailView query={query}>
      {(event) => (
        <>
          <PageHeader title={activityOf(event.displayName)} status={<StatusBadge status={event.activityResult} />} />
          <Overview
            facts={{
              when: moment(event.activityDateTime),
              who: whoOf(event.actor),
              activity: event.activity,
              refused: event["@deskwright.refusedReason"],
              correlation: event.correlationId,
            }}
          />
          {event.resources.map((resource) => (
            <Section key={resource.resourceId} title={words.changes}>
              <Facts facts={{ name: resource.displayName, type: titleOf(resource.type), id: resource.resourceId }} />
              {resource.modifiedProperties.length === 0 ? (
                <p>{words.noChanges}</p>
              ) : (
                <DataTable label={words.changes} rows={resource.modifiedProperties} columns={CHANGES} idOf={changeId} />
              )}
            </Section>
          ))}
        </>
      )}
    </DetailView>
  );
}

function changeId(change: Change): string {
  return change.displayName ?? "";
}
