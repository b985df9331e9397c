import {
  Button,
  MessageBar,
  MessageBarBody,
  MessageBarTitle,
  Subtitle1,
  Subtitle2,
  makeStyles,
  tokens,
} from "@fluentui/react-components";
import type { ReactElement } from "react";

import { Facts } from "../../components/facts.tsx";
import { words } from "../../words/wizards.ts";
import type { Form, Review, Wizard } from "./api.ts";
import { enteredOf, type Offered } from "./entered.ts";

const useStyles = makeStyles({
  head: { display: "flex", flexWrap: "wrap", alignItems: "center", gap: tokens.spacingHorizontalM },
  rows: {
    display: "grid",
    gridTemplateColumns: "minmax(120px, max-content) minmax(0, 1fr)",
    columnGap: tokens.spacingHorizontalL,
    rowGap: tokens.spacingVerticalXS,
    margin: `${tokens.spacingVerticalXS} 0 ${tokens.spacingVerticalM}`,
    "& dt": { color: tokens.colorNeutralForeground2 },
    "& dd": { margin: 0, overflowWrap: "anywhere" },
  },
});

interface EnteredGiven {
  readonly steps: Wizard["steps"];
  readonly form: Form;
  readonly offered: Offered;
  readonly onChange: (step: string) => void;
}

/** Everything that was entered, step by step, each with a way to change it. */
export function Entered({ steps, form, offered, onChange }: EnteredGiven): ReactElement {
  const styles = useStyles();
  return (
    <>
      {enteredOf(steps, form, offered).map(({ name, title, rows }) => (
        <section key={name} aria-label={title}>
          <div className={styles.head}>
            <Subtitle2 as="h3">{title}</Subtitle2>
            <Button size="small" aria-label={words.changeOf({ step: title })} onClick={() => onChange(name)}>
              {words.change}
            </Button>
          </div>
          <dl className={styles.rows}>
            {rows.map(({ path, label, text }) => (
              <div key={path} style={{ display: "contents" }}>
                <dt>{label}</dt>
                <dd>{text}</dd>
              </div>
            ))}
          </dl>
        </section>
      ))}
    </>
  );
}

/** What the service says of all of it: warnings, and what would happen. */
export function Reviewed({ review }: { readonly review: Review }): ReactElement {
  return (
    <>
      {(review.warnings ?? []).map((warning) => (
        <MessageBar key={`${warning.concern}${warning.message}`} intent="warning" layout="multiline">
          <MessageBarBody>
            <MessageBarTitle>{words.warnings}</MessageBarTitle>
            {warning.message}
          </MessageBarBody>
        </MessageBar>
      ))}
      {review.wouldHappen ? (
        <section aria-label={words.wouldHappen}>
          <Subtitle1 as="h3">{words.wouldHappen}</Subtitle1>
          <Facts facts={factsOf(review.wouldHappen)} />
        </section>
      ) : null}
    </>
  );
}

/** Return the forecast with its numbers; the summary names what changes by the labels of the form. */
function factsOf({ summary, details }: NonNullable<Review["wouldHappen"]>): Readonly<Record<string, unknown>> {
  const { changed: _named, ...numbers } = details ?? {};
  return { summary, details: numbers };
}
