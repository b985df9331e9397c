/** The pages that the navigation names. */

import { words } from "../words/shell.ts";

export interface Link {
  /** The address below the tenant's, or below `/portal` for those of no tenant. */
  readonly path: string;
  readonly title: string;
}

export interface Group {
  readonly title: string;
  readonly links: readonly Link[];
}

const { nav, groups } = words;

export const GROUPS: readonly Group[] = [
  {
    title: groups.desktops,
    links: [
      { path: "", title: nav.home },
      { path: "/cloud-pcs", title: nav.cloudPcs },
      { path: "/policies", title: nav.policies },
      { path: "/connections", title: nav.connections },
      { path: "/images", title: nav.images },
      { path: "/users", title: nav.users },
    ],
  },
  {
    title: groups.spot,
    links: [
      { path: "/spot-groups", title: nav.spotGroups },
      { path: "/image-sets", title: nav.imageSets },
    ],
  },
  {
    title: groups.work,
    links: [
      { path: "/operations", title: nav.operations },
      { path: "/bulk-actions", title: nav.bulkActions },
      { path: "/removals", title: nav.removals },
      { path: "/audit", title: nav.audit },
    ],
  },
  {
    title: groups.administration,
    links: [
      { path: "/licenses", title: nav.licenses },
      { path: "/user-settings", title: nav.userSettings },
      { path: "/administrators", title: nav.administrators },
      { path: "/tenant", title: nav.tenant },
    ],
  },
];
