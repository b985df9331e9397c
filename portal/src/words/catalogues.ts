/** All catalogues: for the types of other languages, and for tests. No page reads this. */

import type actions from "./en/actions.ts";
import type administrators from "./en/administrators.ts";
import type audit from "./en/audit.ts";
import type bulkActions from "./en/bulk-actions.ts";
import type charts from "./en/charts.ts";
import type cloudPcs from "./en/cloud-pcs.ts";
import type codes from "./en/codes.ts";
import type connections from "./en/connections.ts";
import type customers from "./en/customers.ts";
import type form from "./en/form.ts";
import type home from "./en/home.ts";
import type imageSets from "./en/image-sets.ts";
import type images from "./en/images.ts";
import type licenses from "./en/licenses.ts";
import type lists from "./en/lists.ts";
import type my from "./en/my.ts";
import type operations from "./en/operations.ts";
import type policies from "./en/policies.ts";
import type removals from "./en/removals.ts";
import type shell from "./en/shell.ts";
import type signIn from "./en/sign-in.ts";
import type spotGroups from "./en/spot-groups.ts";
import type tenants from "./en/tenants.ts";
import type userSettings from "./en/user-settings.ts";
import type users from "./en/users.ts";
import type wizards from "./en/wizards.ts";
import type cost from "./en/cost.ts";
import type health from "./en/health.ts";
import type powerSchedules from "./en/power-schedules.ts";
import type alerts from "./en/alerts.ts";
import type budgets from "./en/budgets.ts";
import type maintenanceWindows from "./en/maintenance-windows.ts";
import type noticeEndpoints from "./en/notice-endpoints.ts";
import type use from "./en/use.ts";
import type warmPools from "./en/warm-pools.ts";
import type { Translation } from "./texts.ts";

interface English {
  readonly "power-schedules": typeof powerSchedules;
  readonly alerts: typeof alerts;
  readonly budgets: typeof budgets;
  readonly "maintenance-windows": typeof maintenanceWindows;
  readonly "notice-endpoints": typeof noticeEndpoints;
  readonly use: typeof use;
  readonly "warm-pools": typeof warmPools;
  readonly health: typeof health;
  readonly cost: typeof cost;
  readonly actions: typeof actions;
  readonly administrators: typeof administrators;
  readonly audit: typeof audit;
  readonly "bulk-actions": typeof bulkActions;
  readonly charts: typeof charts;
  readonly "cloud-pcs": typeof cloudPcs;
  readonly codes: typeof codes;
  readonly connections: typeof connections;
  readonly customers: typeof customers;
  readonly form: typeof form;
  readonly home: typeof home;
  readonly "image-sets": typeof imageSets;
  readonly images: typeof images;
  readonly licenses: typeof licenses;
  readonly lists: typeof lists;
  readonly my: typeof my;
  readonly operations: typeof operations;
  readonly policies: typeof policies;
  readonly removals: typeof removals;
  readonly shell: typeof shell;
  readonly "sign-in": typeof signIn;
  readonly "spot-groups": typeof spotGroups;
  readonly tenants: typeof tenants;
  readonly "user-settings": typeof userSettings;
  readonly users: typeof users;
  readonly wizards: typeof wizards;
}

/** What a language has of the catalogues: some or all of each; what is missing is shown in English. */
export type Translations = Translation<English>;
