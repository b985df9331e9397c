import {
  Breadcrumb,
  BreadcrumbButton,
  BreadcrumbDivider,
  BreadcrumbItem,
  Caption1,
  makeStyles,
  tokens,
} from "@fluentui/react-components";
import { Fragment, type ReactElement } from "react";
import { useHref, useLinkClickHandler } from "react-router";

import { words } from "../words/shell.ts";

const useStyles = makeStyles({
  trail: { marginLeft: `calc(-1 * ${tokens.spacingHorizontalSNudge})`, "& ol": { flexWrap: "wrap" } },
  here: { color: tokens.colorNeutralForeground2, overflowWrap: "anywhere" },
});

export interface Crumb {
  readonly to: string;
  readonly title: string;
}

/** The pages above this one, each a link. */
export function Trail({ crumbs, title }: { readonly crumbs: readonly Crumb[]; readonly title: string }): ReactElement {
  const styles = useStyles();
  return (
    <Breadcrumb size="small" className={styles.trail} aria-label={words.breadcrumb}>
      {crumbs.map((each) => (
        <Fragment key={each.to}>
          <BreadcrumbItem>
            <CrumbLink crumb={each} />
          </BreadcrumbItem>
          <BreadcrumbDivider />
        </Fragment>
      ))}
      <BreadcrumbItem>
        <Caption1 className={styles.here} aria-current="page">
          {title}
        </Caption1>
      </BreadcrumbItem>
    </Breadcrumb>
  );
}

function CrumbLink({ crumb }: { readonly crumb: Crumb }): ReactElement {
  const href = useHref(crumb.to);
  const go = useLinkClickHandler<Element>(crumb.to);
  return (
    <BreadcrumbButton href={href} onClick={go}>
      {crumb.title}
    </BreadcrumbButton>
  );
}
