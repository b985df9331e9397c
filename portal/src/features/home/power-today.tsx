import { Power20Regular } from "@fluentui/react-icons/svg/power";
import type { ReactElement } from "react";

import { ROOT } from "../../api/addresses.ts";
import { useOne, type RowOf } from "../../api/read.ts";
import { Chart, type Series } from "../../components/chart.tsx";
import { filled } from "../../components/chart-geometry.ts";
import { DetailView } from "../../components/detail-view.tsx";
import { Section } from "../../components/section.tsx";
import { words } from "../../words/home.ts";

const PATH = `${ROOT}/reports/fleetUse` as const;
type Use = RowOf<typeof PATH>;

/** A quarter of an hour, in milliseconds. */
const STEP = 900_000;

/** The last 24 hours of all Cloud PCs: how many were on, in use, or could have been off. */
export function PowerToday({ tenant }: { readonly tenant: string }): ReactElement {
  const query = useOne(PATH, { tenant });
  return (
    <Section title={words.powerToday} icon={Power20Regular} isInGrid>
      <DetailView query={query} isPart>
        {({ value }) => <PowerChart use={value} />}
      </DetailView>
    </Section>
  );
}

function PowerChart({ use }: { readonly use: readonly Use[] }): ReactElement {
  const quarters = filled(use, beginsAt, STEP);
  const values = (of: (use: Use) => number): (number | null)[] =>
    quarters.map((quarter) => (quarter === null ? null : of(quarter)));
  const series: Series[] = [
    { id: "on", title: words.on, look: "area", values: values(({ on }) => on) },
    { id: "used", title: words.inUse, look: "second", values: values(({ inUse }) => inUse) },
    { id: "idle", title: words.couldBeOff, look: "dashed", values: values(({ couldBeOff }) => couldBeOff) },
  ];
  const [first] = use;
  return (
    <Chart label={words.powerToday} from={first === undefined ? 0 : beginsAt(first)} step={STEP} series={series} />
  );
}

function beginsAt({ intervalStartDateTime }: Use): number {
  return Date.parse(intervalStartDateTime);
}
