import { Field, Input, makeStyles, tokens } from "@fluentui/react-components";
import { useMemo, type ReactElement } from "react";

import { titleOf } from "../../api/errors.ts";
import { ListPage, type Listed } from "../../components/list-page.tsx";
import { moment } from "../../components/moments.ts";
import { StatusBadge } from "../../components/status-badge.tsx";
import { useAddress } from "../../components/use-address.ts";
import { words } from "../../words/audit.ts";
import { activityOf, changesOf, whoOf } from "./who.ts";

const useStyles = makeStyles({ field: { maxWidth: "480px", marginBottom: tokens.spacingVerticalM } });

const LISTED: Listed<"/auditEvents"> = {
  path: "/auditEvents",
  words: { ...words, title: words.serviceTitle, about: words.serviceAbout, noneText: words.serviceNoneText },
  idOf: (row) => row.id,
  isSearchable: true,
  csv: "service-audit",
  columns: () => [
    { id: "at", width: "170px", title: words.columns.at, cell: (row) => moment(row.activityDateTime) },
    { id: "what", title: words.columns.what, cell: (row) => activityOf(row.displayName) },
    { id: "who", title: words.columns.who, cell: (row) => whoOf(row.actor) },
    {
      id: "result",
      width: "110px",
      title: words.columns.result,
      cell: (row) => <StatusBadge status={row.activityResult} />,
    },
    {
      id: "which",
      width: "140px",
      title: words.columns.which,
      cell: (row) => row.resources.map((each) => each.displayName ?? titleOf(each.type)).join(", "),
    },
    { id: "changes", title: words.changes, cell: (row) => changesOf(row) || "-" },
  ],
};

/** What was done to the service as a whole, or in a tenant that is deleted, for those who provide it. */
export function ServiceAuditPage(): ReactElement {
  const styles = useStyles();
  const [tenantId, setTenantId] = useAddress("tenantId");
  const listed = useMemo(() => (tenantId === "" ? LISTED : { ...LISTED, query: { tenantId } }), [tenantId]);
  return (
    <ListPage
      listed={listed}
      above={() => (
        <Field className={styles.field} label={words.ofTenant} hint={words.ofTenantHint}>
          <Input value={tenantId} onChange={(_, { value }) => setTenantId(value.trim())} />
        </Field>
      )}
    />
  );
}
