import { Info20Regular } from "@fluentui/react-icons/svg/info";
import type { ReactElement } from "react";

import { words } from "../words/shell.ts";
import { Facts } from "./facts.tsx";
import { Section } from "./section.tsx";

/** What a thing is, at a glance: the first part of its page. */
export function Overview({ facts }: { readonly facts: Readonly<Record<string, unknown>> }): ReactElement {
  return (
    <Section title={words.overview} icon={Info20Regular}>
      <Facts facts={facts} areTiles />
    </Section>
  );
}
