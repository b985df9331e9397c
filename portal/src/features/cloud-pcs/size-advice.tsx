import type { ReactElement } from "react";

import { ROOT } from "../../api/addresses.ts";
import { useOpens } from "../../api/opens.ts";
import { Facts } from "../../components/facts.tsx";
import { SectionOnDemand } from "../../components/section-on-demand.tsx";
import { words } from "../../words/size-advice.ts";

/** The advice on the size of a Cloud PC. The service asks Azure Monitor for it: only when somebody wants to see it. */
export function SizeAdvice({ tenant, id }: { readonly tenant: string; readonly id: string }): ReactElement | null {
  if (!useOpens(`${ROOT}/reports/sizeAdvice`, tenant)) {
    return null;
  }
  return (
    <SectionOnDemand
      title={words.title}
      show={words.show}
      path={`${ROOT}/reports/sizeAdvice`}
      place={{ tenant }}
      query={{ $filter: `id eq '${id}'` }}
    >
      {({ value: [advice] }) =>
        advice === undefined ? (
          <p>{words.none}</p>
        ) : (
          <Facts
            facts={{
              [words.columns.insight]: advice.usageInsight ?? words.noInsight,
              [words.columns.recommended]: advice.recommendedPlanName,
              [words.columns.cpu]: percent(advice.cpuPercent),
              [words.columns.memory]: percent(advice.memoryPercent),
              [words.columns.days]: advice.days,
              [words.columns.reason]: advice.reason,
            }}
          />
        )
      }
    </SectionOnDemand>
  );
}

function percent(value: number | null): string | null {
  return value === null ? null : words.percent({ value });
}
