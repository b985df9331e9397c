import { Caption1, makeStyles, tokens } from "@fluentui/react-components";
import { CheckmarkCircle20Regular } from "@fluentui/react-icons/svg/checkmark-circle";
import { HeartPulse20Regular } from "@fluentui/react-icons/svg/heart-pulse";
import type { ReactElement } from "react";
import { useParams } from "react-router";

import { titleOf } from "../../api/errors.ts";
import type { Found } from "../../api/read.ts";
import type { components } from "../../api/schema.d.ts";
import type { Action, Done } from "../../components/action.ts";
import { ActionButtons } from "../../components/action-buttons.tsx";
import { Facts } from "../../components/facts.tsx";
import { input } from "../../components/form/inputs.ts";
import { moment } from "../../components/moments.ts";
import { inTenant } from "../../components/operation-progress.tsx";
import { Panel } from "../../components/panel.tsx";
import { Section } from "../../components/section.tsx";
import { StatusBadge } from "../../components/status-badge.tsx";
import type { Color } from "../../components/status-color.ts";
import { useActions } from "../../components/use-actions.tsx";
import { words } from "../../words/health.ts";
import { sentence } from "../../words/sentence.ts";
import { textFor } from "../../words/texts.ts";

type Health = Found<"/tenants/{tenant}/health">;
export type Part = Health["sections"][number];

export const COLORS: Readonly<Record<Health["status"], Color>> = { ok: "success", warning: "warning", error: "danger" };
const WORST_FIRST: readonly Health["status"][] = ["error", "warning", "ok"];

const useStyles = makeStyles({
  list: {
    display: "grid",
    rowGap: tokens.spacingVerticalM,
    listStyleType: "none",
    margin: `0 0 ${tokens.spacingVerticalM}`,
    padding: 0,
  },
  line: { display: "flex", flexWrap: "wrap", alignItems: "center", gap: tokens.spacingHorizontalM },
  grows: { flexGrow: 1, minWidth: 0 },
});

/** How a section is dismissed: who may, and the request. */
export interface Dismissing {
  readonly permission: string;
  readonly send: (body: components["schemas"]["DismissalForm"]) => Promise<Done>;
}

interface Given {
  readonly sections: readonly Part[];
  readonly dismissing: Dismissing;
}

/** What was found in each section, the worst first; then the sections without findings. */
export function Findings({ sections, dismissing }: Given): ReactElement {
  const styles = useStyles();
  const parts = sections.toSorted(
    (one, other) => WORST_FIRST.indexOf(one.severity) - WORST_FIRST.indexOf(other.severity),
  );
  const fine = parts.filter(({ messages, dismissed }) => messages.length === 0 && !dismissed);
  return (
    <>
      {parts
        .filter((part) => !fine.includes(part))
        .map((part) => (
          <HealthPart key={part.name} part={part} dismissing={dismissing} />
        ))}
      {fine.length > 0 && (
        <Section title={words.fine} icon={CheckmarkCircle20Regular}>
          <ul className={styles.list}>
            {fine.map(({ name, severity }) => (
              <li key={name} className={styles.line}>
                <StatusBadge status={severity} title={words.severities[severity]} color={COLORS[severity]} />
                {nameOf(name)}
              </li>
            ))}
          </ul>
        </Section>
      )}
    </>
  );
}

function HealthPart({ part, dismissing }: { readonly part: Part; readonly dismissing: Dismissing }): ReactElement {
  const styles = useStyles();
  const { tenant = "" } = useParams();
  const work = useActions(inTenant(tenant));
  const { severity, messages, dismissed } = part;
  return (
    <Section
      title={nameOf(part.name)}
      icon={HeartPulse20Regular}
      tools={<StatusBadge status={severity} title={words.severities[severity]} color={COLORS[severity]} />}
    >
      {dismissed ? (
        <p>
          {words.dismissed({ until: moment(dismissed.until), who: dismissed.by })} {sentence(dismissed.reason)}
        </p>
      ) : null}
      <ul className={styles.list}>
        {messages.map((each) => (
          <li key={`${each.code}${each.subject ?? ""}`}>
            <Panel>
              <div className={styles.line}>
                <StatusBadge
                  status={each.severity}
                  title={words.severities[each.severity]}
                  color={COLORS[each.severity]}
                />
                <span className={styles.grows}>{sentence(each.message)}</span>
              </div>
              <Caption1>
                <Facts facts={{ [words.code]: each.code, [words.runbook]: each.runbook }} />
              </Caption1>
            </Panel>
          </li>
        ))}
      </ul>
      <ActionButtons actions={[actionOf(dismissing, part)]} begin={work.begin} />
      {work.view}
    </Section>
  );
}

function nameOf(name: string): string {
  return textFor(words.sections, name) ?? titleOf(name);
}

/** Let a section count for nothing until a moment, or count again. */
function actionOf({ permission, send }: Dismissing, { name, dismissed }: Part): Action {
  const dismiss = (until: string | null, reason: string): Promise<Done> =>
    send({ section: name, dismissedUntilDateTime: until, reason });
  return dismissed
    ? { name: "restore", ...words.actions.restore, permission, run: () => dismiss(null, "") }
    : {
        name: "dismiss",
        ...words.actions.dismiss,
        permission,
        fields: [
          input("moment", "until", words.fields.until),
          input("text", "reason", words.fields.reason, { optional: true, longest: 500 }),
        ],
        run: ({ until, reason }) => dismiss(String(until), String(reason ?? "")),
      };
}
