import { Tab, TabList, makeStyles, tokens } from "@fluentui/react-components";
import type { FluentIcon } from "@fluentui/react-icons";
import { useId, type ReactElement, type ReactNode } from "react";

import { useAddress } from "./use-address.ts";

const useStyles = makeStyles({
  list: {
    flexWrap: "wrap",
    marginTop: tokens.spacingVerticalL,
    borderBottom: `1px solid ${tokens.colorNeutralStroke2}`,
  },
  panel: { outlineStyle: "none" },
});

/** One part of a page that has several. */
export interface PageTab {
  /** Its name in the address; the first one is shown where the address has none. */
  readonly name: string;
  readonly title: string;
  readonly icon: FluentIcon;
  readonly content: () => ReactNode;
}

/** The parts of a page, one at a time; the address has which. */
export function PageTabs({ label, tabs }: { readonly label: string; readonly tabs: readonly PageTab[] }): ReactElement {
  const styles = useStyles();
  const id = useId();
  const [named, setNamed] = useAddress("tab");
  const [first] = tabs;
  const shown = tabs.find(({ name }) => name === named) ?? first;
  return (
    <>
      <TabList
        className={styles.list}
        aria-label={label}
        selectedValue={shown?.name}
        onTabSelect={(_, { value }) => setNamed(value === first?.name ? "" : String(value))}
      >
        {tabs.map(({ name, title, icon: Icon }) => (
          <Tab key={name} id={`${id}${name}`} value={name} icon={<Icon />} aria-controls={`${id}panel`}>
            {title}
          </Tab>
        ))}
      </TabList>
      <div id={`${id}panel`} role="tabpanel" className={styles.panel} aria-labelledby={`${id}${shown?.name ?? ""}`}>
        {shown?.content()}
      </div>
    </>
  );
}
