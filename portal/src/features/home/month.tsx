import { Money20Regular } from "@fluentui/react-icons/svg/money";
import type { ReactElement } from "react";

import { ROOT } from "../../api/addresses.ts";
import { useOne } from "../../api/read.ts";
import { amount } from "../../components/amounts.ts";
import { DetailView } from "../../components/detail-view.tsx";
import { Facts } from "../../components/facts.tsx";
import { LinkButton } from "../../components/link-button.tsx";
import { Section } from "../../components/section.tsx";
import { words } from "../../words/home.ts";

/** What the month has cost so far, and what was saved by switching machines off. */
export function Month({ tenant }: { readonly tenant: string }): ReactElement {
  const query = useOne(`${ROOT}/reports/cost`, { tenant }, { query: { groupBy: "tenant" }, isSlow: true });
  return (
    <Section
      title={words.month}
      icon={Money20Regular}
      tools={<LinkButton to={`/t/${tenant}/cost`}>{words.remedies.show}</LinkButton>}
      isInGrid
    >
      <DetailView query={query} isPart>
        {({ value: [all] }) =>
          all === undefined ? (
            <p>{words.noCost}</p>
          ) : (
            <Facts
              areTiles
              facts={{
                [words.cost]: amount(all.cost, all),
                [words.alwaysOn]: amount(all.alwaysOnCost, all),
                [words.saved]: amount(all.saving, all),
              }}
            />
          )
        }
      </DetailView>
    </Section>
  );
}
