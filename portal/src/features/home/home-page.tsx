import { makeStyles, mergeClasses, tokens } from "@fluentui/react-components";
import { Rocket20Regular } from "@fluentui/react-icons/svg/rocket";
import type { ReactElement } from "react";
import { Navigate, useParams } from "react-router";

import { useMay, useMe } from "../../api/context.tsx";
import { useOne, type Found } from "../../api/read.ts";
import { AsOf } from "../../components/as-of.tsx";
import { DetailView } from "../../components/detail-view.tsx";
import { LinkButton } from "../../components/link-button.tsx";
import { PageHeader } from "../../components/page-header.tsx";
import { openGroups } from "../../components/places.ts";
import { Section } from "../../components/section.tsx";
import { words } from "../../words/home.ts";
import { Fleet } from "./fleet.tsx";
import { Month } from "./month.tsx";
import { Needs } from "./needs.tsx";
import { PowerToday } from "./power-today.tsx";
import { RunningWork } from "./running-work.tsx";
import { Shares } from "./shares.tsx";
import { Today } from "./today.tsx";

type Summary = Found<"/tenants/{tenant}/summary">;

const useStyles = makeStyles({
  /** What one looks at, and beside it what somebody has to do. */
  columns: {
    display: "grid",
    gridTemplateColumns: "minmax(0, 3fr) minmax(0, 2fr)",
    gap: tokens.spacingHorizontalL,
    marginTop: tokens.spacingVerticalL,
    alignItems: "start",
    "@media (max-width: 1100px)": { gridTemplateColumns: "minmax(0, 1fr)" },
  },
  main: { gridColumn: 1, gridRow: 1, "@media (max-width: 1100px)": { gridRow: "auto" } },
  /** First in a narrow window, and for whoever listens; on the right in a wide one. */
  beside: { gridColumn: 2, gridRow: 1, "@media (max-width: 1100px)": { gridColumn: 1, gridRow: "auto" } },
  column: { display: "grid", gap: tokens.spacingHorizontalL, gridTemplateColumns: "minmax(0, 1fr)" },
  begin: { display: "flex", flexWrap: "wrap", gap: tokens.spacingHorizontalS },
});

/** The fleet at a glance: what there is, what needs somebody, the month's cost, the day, what runs, and where to begin. */
export function HomePage(): ReactElement {
  const { tenant = "" } = useParams();
  const me = useMe().data;
  const [first] = openGroups(me, tenant).flatMap(({ links }) => links);
  const isOpen = first === undefined || first.path === "";
  // Whose role counts in a part of the tenant begins with what they see.
  return isOpen ? <Overall tenant={tenant} /> : <Navigate to={`/t/${tenant}${first.path}`} replace />;
}

function Overall({ tenant }: { readonly tenant: string }): ReactElement {
  const styles = useStyles();
  const query = useOne("/tenants/{tenant}/summary", { tenant }, { runs: ({ building }: Summary) => building > 0 });
  const name = useMe().data?.tenants.find(({ id }) => id === tenant)?.displayName;
  return (
    <>
      <PageHeader title={words.title} about={name ?? null}>
        <AsOf query={query} />
      </PageHeader>
      <DetailView query={query} isPart>
        {(summary) => (
          <>
            <Fleet tenant={tenant} summary={summary} />
            <div className={styles.columns}>
              <div className={mergeClasses(styles.column, styles.beside)}>
                <Needs tenant={tenant} summary={summary} />
                <Month tenant={tenant} />
                <RunningWork tenant={tenant} />
              </div>
              <div className={mergeClasses(styles.column, styles.main)}>
                <PowerToday tenant={tenant} />
                <Today today={summary.today} />
              </div>
            </div>
            <Shares tenant={tenant} summary={summary} />
          </>
        )}
      </DetailView>
      {/* Below what is read: it stays where it is first shown. */}
      {query.isPending ? null : <Begin tenant={tenant} />}
    </>
  );
}

function Begin({ tenant }: { readonly tenant: string }): ReactElement | null {
  const styles = useStyles();
  const maySave = useMay("wizards/save");
  if (!maySave) {
    return null;
  }
  return (
    <Section title={words.begin} icon={Rocket20Regular}>
      <div className={styles.begin}>
        {Object.entries(words.wizards).map(([name, title]) => (
          <LinkButton key={name} to={`/t/${tenant}/wizards/${name}`}>
            {title}
          </LinkButton>
        ))}
      </div>
    </Section>
  );
}
