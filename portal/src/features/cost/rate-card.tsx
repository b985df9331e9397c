import { Wallet20Regular } from "@fluentui/react-icons/svg/wallet";
import type { ReactElement } from "react";

import type { Api } from "../../api/client.ts";
import { useApi } from "../../api/context.tsx";
import { useOne, type Found, type RowOf } from "../../api/read.ts";
import type { components } from "../../api/schema.d.ts";
import { entered, sent, type Action } from "../../components/action.ts";
import { ActionButtons } from "../../components/action-buttons.tsx";
import { amount } from "../../components/amounts.ts";
import { DataTable, type Column } from "../../components/data-table.tsx";
import { DetailView } from "../../components/detail-view.tsx";
import { Facts } from "../../components/facts.tsx";
import type { Json } from "../../components/form/fields.ts";
import { input } from "../../components/form/inputs.ts";
import { inTenant } from "../../components/operation-progress.tsx";
import { Section } from "../../components/section.tsx";
import { SectionOnDemand } from "../../components/section-on-demand.tsx";
import { useActions } from "../../components/use-actions.tsx";
import { regionName } from "../../components/region-names.ts";
import { words } from "../../words/cost.ts";

const CARD = "/tenants/{tenant}/rateCard" as const;
const PRICES = "/tenants/{tenant}/prices" as const;
type Card = Found<typeof CARD>;
type Price = RowOf<typeof PRICES>;
type Form = components["schemas"]["RateCardSettings"];

/** Those of the Retail Prices API; the type of the API finds one that is missing. */
const CURRENCIES: Readonly<Record<Card["currency"], true>> = {
  USD: true,
  AUD: true,
  BRL: true,
  CAD: true,
  CHF: true,
  CNY: true,
  DKK: true,
  EUR: true,
  GBP: true,
  INR: true,
  JPY: true,
  KRW: true,
  NOK: true,
  NZD: true,
  RUB: true,
  SEK: true,
  TWD: true,
};
const LONGEST = 1_000;
const MOST = 10_000;
const PERCENT = 100;

const COLUMNS: readonly Column<Price>[] = [
  { id: "of", width: "26%", title: words.priceColumns.of, cell: (row) => row.vmSize || row.diskTier },
  { id: "region", title: words.priceColumns.region, cell: (row) => regionName(row.region) },
  { id: "unit", title: words.priceColumns.unit, cell: ({ unit }) => words.units[unit] },
  { id: "retail", title: words.priceColumns.retail, cell: (row) => amount(row.retailPrice, row) },
  { id: "own", title: words.priceColumns.own, cell: (row) => amount(row.tenantPrice, row) },
  { id: "read", title: words.priceColumns.read, cell: (row) => row.priceReadDate },
];

/** A tenant's own prices over Azure's, and the prices that amounts are made of. */
export function RateCard({ tenant }: { readonly tenant: string }): ReactElement {
  const api = useApi();
  const work = useActions(inTenant(tenant));
  const query = useOne(CARD, { tenant });
  return (
    <>
      <Section title={words.rateCard} icon={Wallet20Regular}>
        <DetailView query={query} isPart>
          {(card) => (
            <>
              <ActionButtons actions={[edit(api, tenant, card)]} begin={work.begin} />
              {work.view}
              <Facts
                areTiles
                facts={{
                  [words.fields.currency]: card.currency,
                  [words.fields.discount]: `${card.discountInPercent} %`,
                  [words.fields.own]: Object.entries(card.hourlyPrices).map(([size, price]) =>
                    words.ownPrice({ size, price: amount(price, card) }),
                  ),
                  [words.fields.description]: card.description,
                  [words.fields.costExport]: card.costExportUrl,
                }}
              />
            </>
          )}
        </DetailView>
      </Section>
      <SectionOnDemand title={words.prices} show={words.showPrices} path={PRICES} place={{ tenant }}>
        {({ value }) =>
          value.length === 0 ? (
            <p>{words.noPrices}</p>
          ) : (
            <DataTable
              label={words.prices}
              rows={value}
              columns={COLUMNS}
              idOf={(row) => `${row.region} ${row.vmSize}${row.diskTier} ${row.unit}`}
            />
          )
        }
      </SectionOnDemand>
    </>
  );
}

function edit(api: Api, tenant: string, card: Card): Action {
  const { fields } = words;
  const choices = Object.keys(CURRENCIES).map((value) => ({ value, title: value }));
  return {
    name: "edit",
    ...words.actions.edit,
    permission: "rateCards/write",
    fields: [
      input("one", "currency", fields.currency, { choices, value: card.currency, help: fields.currencyHelp }),
      input("number", "discountInPercent", fields.discount, {
        value: card.discountInPercent,
        minimum: 0,
        maximum: PERCENT,
        help: fields.discountHelp,
      }),
      {
        ...input("map", "hourlyPrices", fields.own, {
          optional: true,
          help: fields.ownHelp,
          value: card.hourlyPrices as Json,
        }),
        keys: input("text", "name", fields.size),
        fields: [input("number", "", fields.price, { minimum: 0, maximum: MOST })],
      },
      input("text", "description", fields.description, {
        optional: true,
        longest: LONGEST,
        value: card.description,
        help: fields.descriptionHelp,
      }),
      input("text", "costExportUrl", fields.costExport, {
        optional: true,
        longest: LONGEST,
        value: card.costExportUrl ?? "",
        help: fields.costExportHelp,
      }),
    ],
    run: ({ costExportUrl, ...values }) => {
      const body = entered<Form>({ ...values, costExportUrl: costExportUrl ? costExportUrl : null });
      return sent(api.PUT(CARD, { params: { path: { tenant } }, body }));
    },
  };
}
