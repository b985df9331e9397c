import type { ReactElement } from "react";
import { useParams } from "react-router";

import { useApi } from "../../api/context.tsx";
import { useOne } from "../../api/read.ts";
import { sent } from "../../components/action.ts";
import { DetailView } from "../../components/detail-view.tsx";
import { Findings } from "./findings.tsx";
import { HealthHeader } from "./header.tsx";

const PATH = "/tenants/{tenant}/health" as const;

/** What the service has found in the background, the worst first, and what can be done about it. */
export function HealthPage(): ReactElement {
  const { tenant = "" } = useParams();
  const api = useApi();
  const health = useOne(PATH, { tenant });
  return (
    <DetailView query={health}>
      {(found) => (
        <>
          <HealthHeader query={health} found={found} />
          <Findings
            sections={found.sections}
            dismissing={{
              permission: "tenants/dismissHealth",
              send: (body) => sent(api.POST(`${PATH}/dismiss`, { params: { path: { tenant } }, body })),
            }}
          />
        </>
      )}
    </DetailView>
  );
}
