import type { ReactElement } from "react";

import type { components } from "../../api/schema.d.ts";
import { AsOf } from "../../components/as-of.tsx";
import { moment } from "../../components/moments.ts";
import { PageHeader } from "../../components/page-header.tsx";
import { PageStatus } from "../../components/page-status.tsx";
import { words } from "../../words/health.ts";
import { COLORS } from "./findings.tsx";

interface Given {
  readonly title?: string;
  readonly about?: string;
  readonly query: Parameters<typeof AsOf>[0]["query"];
  readonly found: {
    readonly status: components["schemas"]["Severity"];
    readonly checkedDateTime: string | null;
  };
}

/** The title of a page of health, with the worst of it and when that was checked. */
export function HealthHeader({ title = words.title, about = words.about, query, found }: Given): ReactElement {
  return (
    <>
      <PageHeader
        title={title}
        about={about}
        status={
          <PageStatus
            of={title}
            status={found.status}
            title={words.severities[found.status]}
            color={COLORS[found.status]}
          />
        }
      >
        <AsOf query={query} />
      </PageHeader>
      <p>{found.checkedDateTime ? `${words.checked}: ${moment(found.checkedDateTime)}` : words.notChecked}</p>
    </>
  );
}
