import { Money20Regular } from "@fluentui/react-icons/svg/money";
import type { ReactElement } from "react";

import { useOne } from "../../api/read.ts";
import { amount } from "../../components/amounts.ts";
import { Facts } from "../../components/facts.tsx";
import { Section } from "../../components/section.tsx";
import { region } from "../../words/language.ts";
import { words } from "../../words/tenants.ts";

const numbers = new Intl.NumberFormat(region, { maximumFractionDigits: 0 });

/** What the service itself has cost this month, as its own processes have counted it. */
export function ServiceCost(): ReactElement | null {
  const { data } = useOne("/service/cost", {}, { isSlow: true });
  if (data === undefined) {
    return null;
  }
  const quantities = data.rows.map(({ meter, quantity, cost }) => [
    words.meters[meter],
    cost === null
      ? numbers.format(quantity)
      : `${numbers.format(quantity)} (${amount(cost, { currency: data.currency })})`,
  ]);
  return (
    <Section title={words.serviceCost} icon={Money20Regular}>
      <Facts
        facts={{
          [words.serviceEstimate]: amount(data.cost, data),
          ...Object.fromEntries(quantities),
          [words.notCounted]: data.notCounted.join("; "),
        }}
      />
    </Section>
  );
}
