import { Options20Regular } from "@fluentui/react-icons/svg/options";
import type { ReactElement } from "react";
import { Link, useParams } from "react-router";

import type { RowOf } from "../../api/read.ts";
import type { Column } from "../../components/data-table.tsx";
import { LinkButton } from "../../components/link-button.tsx";
import { ListPage, type Listed } from "../../components/list-page.tsx";
import { moment } from "../../components/moments.ts";
import { StatusBadge } from "../../components/status-badge.tsx";
import { words } from "../../words/alerts.ts";
import { SEVERITY_COLORS } from "./severities.ts";

const PATH = "/tenants/{tenant}/{version}/deviceManagement/monitoring/alertRecords" as const;
type Alert = RowOf<typeof PATH>;

/** Where what an alert of each rule is about is shown. */
const PLACES: Readonly<Record<Alert["alertRuleTemplate"], string>> = {
  cloudPcProvisionScenario: "/cloud-pcs?status=failed",
  cloudPcImageUploadScenario: "/images",
  cloudPcOnPremiseNetworkConnectionCheckScenario: "/connections",
  cloudPcInGracePeriodScenario: "/cloud-pcs?status=inGracePeriod",
  deskwrightCapacityScenario: "/cloud-pcs?status=provisioning",
  deskwrightRemovalsHeldScenario: "/removals",
  deskwrightReleaseStoppedScenario: "/spot-groups",
  deskwrightPowerChangedOutsideScenario: "/use",
  deskwrightIdleCloudPcScenario: "/idle",
  deskwrightPoolHaltedScenario: "/warm-pools",
  deskwrightImageRingsHaltedScenario: "/policies",
  deskwrightBilledWhileOffScenario: "/cost",
};

const columnsOf = (tenant: string): readonly Column<Alert>[] => [
  {
    id: "name",
    width: "30%",
    title: words.columns.name,
    cell: (row) => <Link to={`/t/${tenant}${PLACES[row.alertRuleTemplate]}`}>{row.displayName}</Link>,
  },
  {
    id: "status",
    title: words.columns.status,
    cell: ({ status }) => (
      <StatusBadge status={status} title={words.statuses[status]} color={status === "active" ? "warning" : "success"} />
    ),
  },
  {
    id: "severity",
    title: words.columns.severity,
    cell: ({ severity }) => (
      <StatusBadge status={severity} title={words.severities[severity]} color={SEVERITY_COLORS[severity]} />
    ),
  },
  { id: "impact", width: "90px", title: words.columns.impact, cell: (row) => String(row.alertImpact.value) },
  { id: "detected", width: "120px", title: words.columns.detected, cell: (row) => moment(row.detectedDateTime) },
  {
    id: "resolved",
    width: "120px",
    title: words.columns.resolved,
    cell: (row) => (row.resolvedDateTime ? moment(row.resolvedDateTime) : "-"),
  },
];
const LISTED: Listed<typeof PATH> = {
  path: PATH,
  words,
  idOf: (row) => row.id,
  columns: columnsOf,
  csv: "alerts",
  filters: [
    {
      name: "status",
      title: words.columns.status,
      property: "status",
      choices: Object.entries(words.statuses).map(([value, title]) => ({ value, title })),
    },
    {
      name: "severity",
      title: words.columns.severity,
      property: "severity",
      choices: Object.entries(words.severities).map(([value, title]) => ({ value, title })),
    },
  ],
};

/** What somebody should look at. */
export function AlertsPage(): ReactElement {
  const { tenant = "" } = useParams();
  return (
    <ListPage listed={LISTED}>
      <LinkButton to={`/t/${tenant}/alert-rules`} icon={Options20Regular}>
        {words.rules}
      </LinkButton>
    </ListPage>
  );
}
