import type { ReactElement } from "react";

import { at } from "../../api/addresses.ts";
import type { Api } from "../../api/client.ts";
import type { RowOf } from "../../api/read.ts";
import type { components } from "../../api/schema.d.ts";
import { entered, sent, type Action } from "../../components/action.ts";
import type { Column } from "../../components/data-table.tsx";
import { EditedListPage, type EditedList } from "../../components/edited-list-page.tsx";
import { input } from "../../components/form/inputs.ts";
import { StatusBadge } from "../../components/status-badge.tsx";
import { words } from "../../words/alerts.ts";
import { SEVERITY_COLORS } from "./severities.ts";

const PATH = "/tenants/{tenant}/{version}/deviceManagement/monitoring/alertRules" as const;
const ONE = "/tenants/{tenant}/{version}/deviceManagement/monitoring/alertRules/{id}" as const;
type Rule = RowOf<typeof PATH>;
type Edit = components["schemas"]["AlertRuleEdit"];

const MOST = 100_000;
const SEVERITIES = Object.entries(words.severities).map(([value, title]) => ({ value, title }));

const COLUMNS: readonly Column<Rule>[] = [
  { id: "name", width: "20%", title: words.ruleColumns.name, cell: (row) => row.displayName },
  { id: "description", width: "26%", title: words.ruleColumns.description, cell: (row) => row.description },
  {
    id: "severity",
    width: "130px",
    title: words.ruleColumns.severity,
    cell: ({ severity }) => (
      <StatusBadge status={severity} title={words.severities[severity]} color={SEVERITY_COLORS[severity]} />
    ),
  },
  { id: "threshold", width: "70px", title: words.ruleColumns.threshold, cell: (row) => String(row.threshold.target) },
  {
    id: "enabled",
    width: "50px",
    title: words.ruleColumns.enabled,
    cell: (row) => (row.enabled ? words.on : words.off),
  },
  {
    id: "channels",
    title: words.ruleColumns.channels,
    cell: (row) =>
      row.notificationChannels.map((each) => words.channels[each.notificationChannelType]).join(", ") || "-",
  },
];
const EDITED: EditedList<typeof PATH> = {
  listed: {
    path: PATH,
    words: { title: words.rules, about: words.rulesAbout, none: words.noRules, noneText: words.noRulesText },
    idOf: (row) => row.id,
    columns: () => COLUMNS,
  },
  nameOf: ({ displayName }) => displayName,
  actionsOf,
};

/** From when on something is an alert. */
export function AlertRulesPage(): ReactElement {
  return <EditedListPage of={EDITED} />;
}

function actionsOf(api: Api, tenant: string, row: Rule): Action[] {
  return [
    {
      name: "edit",
      ...words.actions.edit,
      permission: "alertRules/update",
      fields: [
        input("switch", "enabled", words.fields.enabled, { value: row.enabled }),
        input("one", "severity", words.fields.severity, { choices: SEVERITIES, value: row.severity }),
        input("number", "target", words.fields.threshold, { value: row.threshold.target, minimum: 1, maximum: MOST }),
      ],
      run: ({ target, ...values }) => {
        const body = entered<Edit>({ ...values, threshold: { ...row.threshold, target: Number(target) } });
        return sent(api.PATCH(ONE, { params: { path: { ...at(tenant), id: row.id } }, body }));
      },
    },
  ];
}
