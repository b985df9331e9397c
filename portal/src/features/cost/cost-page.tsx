import { Field, Select, makeStyles } from "@fluentui/react-components";
import { Money20Regular } from "@fluentui/react-icons/svg/money";
import type { ReactElement } from "react";
import { useParams } from "react-router";

import { ROOT } from "../../api/addresses.ts";
import { useList, useOne, type RowOf } from "../../api/read.ts";
import { amount } from "../../components/amounts.ts";
import { AsOf } from "../../components/as-of.tsx";
import type { Column } from "../../components/data-table.tsx";
import { EmptyState } from "../../components/empty-state.tsx";
import { Facts } from "../../components/facts.tsx";
import { Download } from "../../components/list-tools.tsx";
import { ListView } from "../../components/list-view.tsx";
import { PageHeader } from "../../components/page-header.tsx";
import { Section } from "../../components/section.tsx";
import { useAddress } from "../../components/use-address.ts";
import { words } from "../../words/cost.ts";
import { region } from "../../words/language.ts";
import { textFor } from "../../words/texts.ts";
import { RateCard } from "./rate-card.tsx";

const PATH = `${ROOT}/reports/cost` as const;
type Row = RowOf<typeof PATH>;
type Grouping = keyof typeof words.groupings;

const MINUTES_OF_AN_HOUR = 60;
const FIRST = "day" satisfies Grouping;
const hours = new Intl.NumberFormat(region, { maximumFractionDigits: 1 });

const useStyles = makeStyles({ by: { maxWidth: "240px" } });

function columnsOf(title: string): readonly Column<Row>[] {
  return [
    { id: "name", width: "24%", title, cell: (row) => row.displayName || row.id },
    { id: "machines", title: words.columns.machines, cell: (row) => String(row.machines) },
    { id: "hours", title: words.columns.hours, cell: (row) => hours.format(row.minutesOn / MINUTES_OF_AN_HOUR) },
    { id: "machine", title: words.columns.machine, cell: (row) => amount(row.machineCost, row) },
    { id: "disk", title: words.columns.disk, cell: (row) => amount(row.diskCost, row) },
    { id: "cost", title: words.columns.cost, cell: (row) => amount(row.cost, row) },
    { id: "saving", title: words.columns.saving, cell: (row) => amount(row.saving, row) },
  ];
}

/** What the month has cost so far, and what was saved, in all and by what the reader chooses. */
export function CostPage(): ReactElement {
  const styles = useStyles();
  const { tenant = "" } = useParams();
  const [by, setBy] = useAddress("by");
  const chosen = textFor(words.groupings, by) === undefined ? FIRST : by;
  const total = useOne(PATH, { tenant }, { query: { groupBy: "tenant" }, isSlow: true });
  const list = useList(PATH, { tenant }, { query: { groupBy: chosen } });
  const all = total.data?.value[0];
  const title = textFor(words.groupings, chosen) ?? words.columns.name;
  return (
    <>
      <PageHeader title={words.title} about={words.about}>
        <AsOf query={list} />
      </PageHeader>
      {all === undefined ? null : (
        <>
          <Facts
            areTiles
            facts={{
              [words.cost]: amount(all.cost, all),
              [words.alwaysOn]: amount(all.alwaysOnCost, all),
              [words.saving]: amount(all.saving, all),
              [words.shutDown]: all.minutesShutDown > 0 ? amount(all.shutDownCost, all) : null,
            }}
          />
          {all.unpricedMachines > 0 && <p>{words.unpriced({ count: all.unpricedMachines })}</p>}
          {all.basis === "estimate" && <p>{words.estimate}</p>}
        </>
      )}
      <Section
        title={title}
        icon={Money20Regular}
        tools={<Download csv={{ path: PATH, place: { tenant }, query: { groupBy: chosen }, name: `cost-${chosen}` }} />}
      >
        <Field className={styles.by} label={words.groupBy}>
          <Select value={chosen} onChange={(_, { value }) => setBy(value === FIRST ? "" : value)}>
            {Object.entries(words.groupings).map(([value, each]) => (
              <option key={value} value={value}>
                {each}
              </option>
            ))}
          </Select>
        </Field>
        <ListView
          label={title}
          list={list}
          columns={columnsOf(title)}
          idOf={(row) => row.id}
          none={<EmptyState title={words.none} text={words.noneText} />}
        />
      </Section>
      <RateCard tenant={tenant} />
    </>
  );
}
