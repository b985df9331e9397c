import { Field, MessageBar, MessageBarBody, MessageBarTitle, Select, makeStyles } from "@fluentui/react-components";
import { Send20Regular } from "@fluentui/react-icons/svg/send";
import type { ReactElement } from "react";
import { useParams } from "react-router";

import { useApi, useMay } from "../../api/context.tsx";
import { useList, useOne, type RowOf } from "../../api/read.ts";
import { ActionButtons } from "../../components/action-buttons.tsx";
import { AsOf } from "../../components/as-of.tsx";
import type { Column } from "../../components/data-table.tsx";
import { DetailView } from "../../components/detail-view.tsx";
import { ListView } from "../../components/list-view.tsx";
import { moment } from "../../components/moments.ts";
import { inTenant } from "../../components/operation-progress.tsx";
import { Overview } from "../../components/overview.tsx";
import { PageHeader } from "../../components/page-header.tsx";
import { Section } from "../../components/section.tsx";
import { StatusBadge } from "../../components/status-badge.tsx";
import { useActions } from "../../components/use-actions.tsx";
import { useAddress } from "../../components/use-address.ts";
import { words } from "../../words/notice-endpoints.ts";
import { sentence } from "../../words/sentence.ts";
import { actionsOf, type Endpoint, type EventType } from "./actions.ts";

const DELIVERIES = "/tenants/{tenant}/noticeEndpoints/{id}/deliveries" as const;
type Delivery = RowOf<typeof DELIVERIES>;

const NO_TYPES: readonly EventType[] = [];
const useStyles = makeStyles({ filter: { maxWidth: "240px" } });

/** One endpoint of notices: how it does, what was sent to it, and what came of that. */
export function NoticeEndpointPage(): ReactElement {
  const { tenant = "", id = "" } = useParams();
  const query = useOne("/tenants/{tenant}/noticeEndpoints/{id}", { tenant, id });
  const types = useOne("/tenants/{tenant}/eventTypes", { tenant }, { isFixed: true }).data?.value ?? NO_TYPES;
  const mayRead = useMay("noticeEndpoints/readDeliveries");
  const titles = new Map(types.map(({ type, title }): [string, string] => [type, title]));
  return (
    <DetailView query={query}>
      {(endpoint) => (
        <>
          <PageHeader title={endpoint.displayName} status={<StatusBadge status={endpoint.status} />}>
            <AsOf query={query} />
          </PageHeader>
          <Actions tenant={tenant} types={types} endpoint={endpoint} />
          {endpoint.disabled ? (
            <MessageBar intent="warning" layout="multiline">
              <MessageBarBody>
                <MessageBarTitle>{words.disabled}</MessageBarTitle>
                {sentence(endpoint.disabled.message)} {moment(endpoint.disabled.at)}
              </MessageBarBody>
            </MessageBar>
          ) : null}
          <Overview facts={factsOf(endpoint, titles)} />
          {mayRead && <Deliveries tenant={tenant} id={id} titles={titles} />}
        </>
      )}
    </DetailView>
  );
}

function factsOf(endpoint: Endpoint, titles: ReadonlyMap<string, string>): Record<string, unknown> {
  const { mail } = endpoint;
  return {
    [words.facts.kind]: words.kinds[endpoint.kind],
    [words.facts.address]: mail === null ? endpoint.address : null,
    [words.facts.receivers]: mail?.receivers,
    [words.facts.transport]: mail === null ? null : words.transports[mail.transport],
    [words.facts.sender]: mail?.sender,
    [words.facts.format]: endpoint.kind === "webhook" ? words.formats[endpoint.format] : null,
    [words.facts.locale]: words.locales[endpoint.locale],
    [words.facts.events]:
      endpoint.eventTypes.length === 0 ? words.allEvents : endpoint.eventTypes.map((each) => titles.get(each) ?? each),
    [words.facts.key]: at(endpoint.keySetDateTime),
    [words.facts.before]: at(endpoint.previousKeyEndDateTime),
    [words.facts.success]: at(endpoint.lastSuccessDateTime),
    [words.facts.failure]: at(endpoint.lastFailureDateTime),
    [words.facts.why]: sentence(endpoint.lastFailure),
    [words.facts.failures]: String(endpoint.failures),
    [words.facts.next]: at(endpoint.nextTryDateTime),
  };
}

function at(value: string | null): string | null {
  return value === null ? null : moment(value);
}

interface ActionsGiven {
  readonly tenant: string;
  readonly types: readonly EventType[];
  readonly endpoint: Endpoint;
}

function Actions({ tenant, types, endpoint }: ActionsGiven): ReactElement {
  const api = useApi();
  const work = useActions(inTenant(tenant));
  return (
    <>
      <ActionButtons actions={actionsOf(api, tenant, types, endpoint)} begin={work.begin} />
      {work.view}
    </>
  );
}

interface DeliveriesGiven {
  readonly tenant: string;
  readonly id: string;
  readonly titles: ReadonlyMap<string, string>;
}

function Deliveries({ tenant, id, titles }: DeliveriesGiven): ReactElement {
  const styles = useStyles();
  const [status, setStatus] = useAddress("status");
  const list = useList(
    DELIVERIES,
    { tenant, id },
    { query: status === "" ? {} : { status }, runs: (each: Delivery) => each.status === "pending" },
  );
  return (
    <Section title={words.deliveries} icon={Send20Regular}>
      <Field className={styles.filter} label={words.only}>
        <Select value={status} onChange={(_, { value }) => setStatus(value)}>
          <option value="">{words.any}</option>
          {Object.entries(words.statuses).map(([value, title]) => (
            <option key={value} value={value}>
              {title}
            </option>
          ))}
        </Select>
      </Field>
      <ListView
        label={words.deliveries}
        list={list}
        columns={columnsOf(titles)}
        idOf={(row) => row.key}
        none={<p>{words.noDeliveries}</p>}
      />
    </Section>
  );
}

function columnsOf(titles: ReadonlyMap<string, string>): Column<Delivery>[] {
  return [
    {
      id: "event",
      width: "24%",
      title: words.deliveryColumns.event,
      cell: ({ test, event }) => (test ? words.test : (titles.get(event.type) ?? event.type)),
    },
    {
      id: "status",
      title: words.deliveryColumns.status,
      cell: ({ status }) => <StatusBadge status={status} title={words.statuses[status]} />,
    },
    { id: "time", width: "120px", title: words.deliveryColumns.time, cell: ({ event }) => moment(event.time) },
    { id: "tries", width: "64px", title: words.deliveryColumns.tries, cell: (row) => String(row.tries) },
    {
      id: "last",
      width: "120px",
      title: words.deliveryColumns.last,
      cell: ({ lastTryAt }) => (lastTryAt ? moment(lastTryAt) : "-"),
    },
    {
      id: "answer",
      width: "20%",
      title: words.deliveryColumns.answer,
      cell: ({ lastError, lastStatus }) => lastError ?? (lastStatus ? String(lastStatus) : "-"),
    },
    {
      id: "next",
      width: "120px",
      title: words.deliveryColumns.next,
      cell: ({ nextTryAt, status }) => (nextTryAt && status === "pending" ? moment(nextTryAt) : "-"),
    },
  ];
}
