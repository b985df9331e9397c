import { Button, Link as Outside, makeStyles, tokens } from "@fluentui/react-components";
import type { ReactElement } from "react";
import { useParams } from "react-router";

import { useOne, type Found } from "../../api/read.ts";
import { AsOf } from "../../components/as-of.tsx";
import { CopyText } from "../../components/copy-text.tsx";
import { DetailView } from "../../components/detail-view.tsx";
import { PageHeader } from "../../components/page-header.tsx";
import { Section } from "../../components/section.tsx";
import { StatusBadge } from "../../components/status-badge.tsx";
import { regionName } from "../../components/region-names.ts";
import { textFor } from "../../words/texts.ts";
import { words } from "../../words/customers.ts";
import { customerCommand, deployCommand, deployLink, registerCommands, type Customer } from "./commands.ts";

type Readiness = Found<"/tenants/{tenant}/readiness">;
type Check = Readiness["checks"][number];

const TEMPLATE = "/api/templates/customer.json";
const useStyles = makeStyles({
  list: { listStyleType: "none", margin: 0, padding: 0, display: "grid", rowGap: tokens.spacingVerticalM },
  check: { overflowWrap: "anywhere" },
  name: { fontWeight: tokens.fontWeightSemibold, marginRight: tokens.spacingHorizontalS },
  text: { margin: `${tokens.spacingVerticalXS} 0` },
});

/** What the first Cloud PC of a tenant needs, with a verdict on each, and how a customer gives it. */
export function ReadinessPage(): ReactElement {
  const { tenant = "" } = useParams();
  const about = useOne("/tenants/{tenant}", { tenant });
  const query = useOne("/tenants/{tenant}/readiness", { tenant });
  return (
    <DetailView query={query}>
      {(found) => (
        <>
          <PageHeader title={words.title} status={<StatusBadge status={found.status} />}>
            <Button onClick={() => void query.refetch()}>{words.again}</Button>
            <AsOf query={query} />
          </PageHeader>
          <p>{words.intro}</p>
          <Checks checks={found.checks} />
          <DetailView query={about} isPart>
            {(known) => <Ways found={found} customer={customerOf(known, found)} />}
          </DetailView>
        </>
      )}
    </DetailView>
  );
}

function Checks({ checks }: { readonly checks: readonly Check[] }): ReactElement {
  const styles = useStyles();
  return (
    <Section title={words.checks}>
      <ul className={styles.list}>
        {checks.map((each) => (
          <li key={`${each.name} ${each.additionalDetail}`} className={styles.check}>
            <span className={styles.name}>{nameOf(each.name)}</span>
            <StatusBadge status={each.status} />
            <p className={styles.text}>{each.additionalDetail}</p>
            {each.recommendedAction ? <p className={styles.text}>{each.recommendedAction}</p> : null}
          </li>
        ))}
      </ul>
    </Section>
  );
}

/** Return what a check is called; resource providers have their own names. */
function nameOf(name: string): string {
  const [first, region, ...rest] = name.split(" ");
  return first === "quota"
    ? words.quota({ place: region === undefined ? "" : [regionName(region), ...rest].join(" ") }).trim()
    : (textFor(words.names, name) ?? name);
}

/** How a customer's administrator gives what is missing: by links, or by commands. */
function Ways({ found, customer }: { readonly found: Readiness; readonly customer: Customer }): ReactElement {
  const template = `${location.origin}${TEMPLATE}`;
  return (
    <>
      {found.consentUrl ? (
        <Section title={words.consent}>
          <p>{words.consentText}</p>
          <Outside href={found.consentUrl} target="_blank" rel="noreferrer">
            {words.consentOpen}
          </Outside>
          <CopyText label={words.consentLink} text={found.consentUrl} />
        </Section>
      ) : null}
      <Section title={words.role}>
        <p>{customer.principal === null ? words.roleWaits : words.roleText}</p>
        {customer.principal !== null && (
          <>
            <CopyText label={words.principal} text={customer.principal} />
            <Outside href={deployLink(template)} target="_blank" rel="noreferrer">
              {words.roleOpen}
            </Outside>
            <CopyText label={words.deploy} text={deployCommand(customer, template)} />
          </>
        )}
        <CopyText label={words.template} text={template} />
      </Section>
      <Section title={words.providers}>
        {registerCommands(customer).map((each) => (
          <CopyText key={each} label={words.commandLabel} text={each} />
        ))}
      </Section>
      {found.consentUrl ? (
        <Section title={words.command}>
          <p>{words.commandText}</p>
          <CopyText label={words.commandLabel} text={customerCommand(customer)} />
        </Section>
      ) : null}
    </>
  );
}

function customerOf(tenant: Found<"/tenants/{tenant}">, found: Readiness): Customer {
  const quota = found.checks.find(({ name }) => name.startsWith("quota "))?.name.split(" ")[1];
  return {
    directory: tenant.entraTenantId,
    subscription: tenant.subscriptionId,
    clientId: found.clientId ?? null,
    principal: found.servicePrincipalId ?? null,
    region: quota ?? "<region>",
  };
}
