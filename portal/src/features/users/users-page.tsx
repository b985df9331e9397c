import { Button, Field, Input, MessageBar, MessageBarBody, makeStyles, tokens } from "@fluentui/react-components";
import { useQuery } from "@tanstack/react-query";
import { People20Regular } from "@fluentui/react-icons/svg/people";
import { useMemo, type ReactElement } from "react";
import { Link, useParams } from "react-router";

import { ROOT } from "../../api/addresses.ts";
import { dataOf } from "../../api/client.ts";
import { useApi } from "../../api/context.tsx";
import { useList, useOne, type RowOf } from "../../api/read.ts";
import type { components } from "../../api/schema.d.ts";
import type { Column } from "../../components/data-table.tsx";
import { EmptyState } from "../../components/empty-state.tsx";
import { ErrorNotice } from "../../components/error-notice.tsx";
import { Facts } from "../../components/facts.tsx";
import { ListView } from "../../components/list-view.tsx";
import { Loading } from "../../components/loading.tsx";
import { moment } from "../../components/moments.ts";
import { PageHeader } from "../../components/page-header.tsx";
import { Section } from "../../components/section.tsx";
import { StatusBadge } from "../../components/status-badge.tsx";
import { useAddress, useTyped } from "../../components/use-address.ts";
import { useSettled } from "../../components/use-settled.ts";
import { words } from "../../words/users.ts";

const PCS = `${ROOT}/cloudPCs` as const;
type Row = RowOf<typeof PCS>;
type Explanation = components["schemas"]["Explanation"];

/** So many letters before the directory is asked, and so many names that it offers. */
const LEAST = 2;
const MOST = "10";
const useStyles = makeStyles({
  form: { display: "flex", flexWrap: "wrap", alignItems: "end", gap: tokens.spacingHorizontalM },
  field: { minWidth: "240px", flexGrow: 1, maxWidth: "480px" },
});

/** Explain one user: what they have, and why. The user is in the address. */
export function UsersPage(): ReactElement {
  const { tenant = "" } = useParams();
  const styles = useStyles();
  const [user, setUser] = useAddress("user");
  const [typed, setTyped] = useTyped(user);
  const query = useExplanation(tenant, user);
  const search = useSettled(typed.trim());
  const users = useOne(
    "/tenants/{tenant}/directory/users",
    { tenant },
    { query: { $search: search, $top: MOST }, enabled: search.length >= LEAST },
  );
  const found = users.data?.value ?? [];
  return (
    <>
      <PageHeader title={words.title} about={words.lead} />
      <form
        className={styles.form}
        onSubmit={(event) => {
          event.preventDefault();
          setUser(typed.trim());
        }}
      >
        <Field label={words.user} className={styles.field}>
          <Input value={typed} list="users" autoComplete="off" onChange={(_, { value }) => setTyped(value)} />
        </Field>
        <datalist id="users">
          {found.map(({ id, userPrincipalName, displayName }) => (
            <option key={id} value={userPrincipalName}>
              {displayName}
            </option>
          ))}
        </datalist>
        <Button type="submit" appearance="primary" disabledFocusable={typed.trim() === ""}>
          {words.ask}
        </Button>
      </form>
      {query.isLoading && <Loading why={query.failureReason} />}
      {query.isError && <ErrorNotice error={query.error} again={() => void query.refetch()} />}
      {query.data !== undefined && <Explained tenant={tenant} explanation={query.data} />}
      {user === "" && <People tenant={tenant} />}
    </>
  );
}

/** Who has a Cloud PC: each is one click from the explanation. */
function People({ tenant }: { readonly tenant: string }): ReactElement {
  const list = useList(PCS, { tenant }, { query: { $orderby: "userPrincipalName" } });
  const columns = useMemo(() => columnsOf(tenant), [tenant]);
  return (
    <Section title={words.people} icon={People20Regular}>
      <ListView
        label={words.people}
        list={list}
        columns={columns}
        idOf={(row) => row.id}
        none={<EmptyState title={words.none} text={words.noneText} />}
      />
    </Section>
  );
}

function columnsOf(tenant: string): Column<Row>[] {
  return [
    {
      id: "user",
      width: "34%",
      title: words.columns.user,
      cell: ({ userPrincipalName }) => (
        <Link to={`/t/${tenant}/users?user=${encodeURIComponent(userPrincipalName)}`}>{userPrincipalName}</Link>
      ),
    },
    { id: "plan", title: words.columns.plan, cell: (row) => row.servicePlanName },
    { id: "policy", title: words.columns.policy, cell: (row) => row.provisioningPolicyName ?? "-" },
    { id: "status", title: words.columns.status, cell: ({ status }) => <StatusBadge status={status} /> },
  ];
}

/** Where what is missing can be given: licences, the groups of a policy, what waits for a confirmation. */
function Remedies({ tenant, policy }: { readonly tenant: string; readonly policy: string | null }): ReactElement {
  const links = {
    "/licenses": words.remedies.licenses,
    [policy === null ? "/policies" : `/policies/${policy}`]: words.remedies.groups,
    "/removals": words.remedies.removals,
  };
  return (
    <ul aria-label={words.remedy}>
      {Object.entries(links).map(([path, title]) => (
        <li key={path}>
          <Link to={`/t/${tenant}${path}`}>{title}</Link>
        </li>
      ))}
    </ul>
  );
}

function useExplanation(tenant: string, user: string) {
  const api = useApi();
  return useQuery({
    queryKey: ["explain", tenant, user],
    queryFn: () => dataOf(api.GET("/tenants/{tenant}/explain", { params: { path: { tenant }, query: { user } } })),
    enabled: user !== "",
  });
}

function Explained(given: { readonly tenant: string; readonly explanation: Explanation }): ReactElement {
  const { user, verdict, cloudPcs, policies, userSettings = [] } = given.explanation;
  const idOf = (name: string | null): string | null =>
    policies.find((each) => each.policyName === name)?.policyId ?? null;
  return (
    <Section title={user.displayName ?? user.userPrincipalName}>
      <MessageBar layout="multiline">
        <MessageBarBody>{verdict}</MessageBarBody>
      </MessageBar>
      {cloudPcs.map((each) => (
        <article key={`${each.cloudPcId}${each.servicePlanName}`}>
          <p>
            {each.cloudPcId ? (
              <Link to={`/t/${given.tenant}/cloud-pcs/${each.cloudPcId}`}>{each.servicePlanName}</Link>
            ) : (
              each.servicePlanName
            )}{" "}
            {each.status ? <StatusBadge status={each.status} /> : null}
          </p>
          <Facts facts={{ because: each.because, policy: each.policyName, missing: each.missing }} />
          {each.status !== "provisioned" && <Remedies tenant={given.tenant} policy={idOf(each.policyName)} />}
        </article>
      ))}
      {cloudPcs.length === 0 && <Remedies tenant={given.tenant} policy={null} />}
      {policies.length > 0 && (
        <>
          <h3>{words.policies}</h3>
          <ul>
            {policies.map(({ policyId, policyName, groupName, assignedAt, wins }) => (
              <li key={`${policyId}${groupName}`}>
                <Link to={`/t/${given.tenant}/policies/${policyId}`}>{policyName}</Link>{" "}
                {(wins ? words.throughThis : words.through)({ group: groupName, since: moment(assignedAt) })}
              </li>
            ))}
          </ul>
        </>
      )}
      {userSettings.length > 0 && (
        <>
          <h3>{words.settings}</h3>
          <ul>
            {userSettings.map(({ userSettingId, userSettingName, groupName, assignedAt, applies }) => (
              <li key={`${userSettingId}${groupName}`}>
                <Link to={`/t/${given.tenant}/user-settings`}>{userSettingName}</Link>{" "}
                {(applies ? words.throughThis : words.through)({ group: groupName, since: moment(assignedAt) })}
              </li>
            ))}
          </ul>
        </>
      )}
    </Section>
  );
}
