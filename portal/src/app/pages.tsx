import type { ReactElement } from "react";
import { createBrowserRouter, type RouteObject } from "react-router";

import { Loading } from "../components/loading.tsx";
import { PageFailed } from "./page-failed.tsx";
import { Shell } from "./shell.tsx";
import { Start } from "./start.tsx";

type Page = () => ReactElement;
type Load = () => Promise<Page>;

/** The pages of a tenant: its address below `/t/{tenant}` -> its file, which is loaded when somebody opens it. */
const PAGES: Readonly<Record<string, Load>> = {
  "": async () => (await import("../features/home/home-page.tsx")).HomePage,
  "cloud-pcs": async () => (await import("../features/cloud-pcs/cloud-pcs-page.tsx")).CloudPcsPage,
  "cloud-pcs/:id": async () => (await import("../features/cloud-pcs/cloud-pc-page.tsx")).CloudPcPage,
  "policies/:id": async () => (await import("../features/policies/policy-page.tsx")).PolicyPage,
  policies: async () => (await import("../features/policies/policies-page.tsx")).PoliciesPage,
  connections: async () => (await import("../features/connections/connections-page.tsx")).ConnectionsPage,
  "connections/:id": async () => (await import("../features/connections/connection-page.tsx")).ConnectionPage,
  "images/:id": async () => (await import("../features/images/image-page.tsx")).ImagePage,
  images: async () => (await import("../features/images/images-page.tsx")).ImagesPage,
  "image-sets/:id": async () => (await import("../features/image-sets/image-set-page.tsx")).ImageSetPage,
  "image-sets/:id/versions/:number": async () =>
    (await import("../features/image-sets/image-version-page.tsx")).ImageVersionPage,
  "image-sets": async () => (await import("../features/image-sets/image-sets-page.tsx")).ImageSetsPage,
  "spot-groups": async () => (await import("../features/spot-groups/spot-groups-page.tsx")).SpotGroupsPage,
  "spot-groups/:id": async () => (await import("../features/spot-groups/spot-group-page.tsx")).SpotGroupPage,
  "spot-groups/:id/hosts/:host": async () =>
    (await import("../features/spot-groups/session-host-page.tsx")).SessionHostPage,
  users: async () => (await import("../features/users/users-page.tsx")).UsersPage,
  operations: async () => (await import("../features/operations/operations-page.tsx")).OperationsPage,
  "operations/:id": async () => (await import("../features/operations/operation-page.tsx")).OperationPage,
  "bulk-actions/:id": async () => (await import("../features/bulk-actions/bulk-action-page.tsx")).BulkActionPage,
  "bulk-actions": async () => (await import("../features/bulk-actions/bulk-actions-page.tsx")).BulkActionsPage,
  "deleted-cloud-pcs": async () =>
    (await import("../features/deleted-cloud-pcs/deleted-cloud-pcs-page.tsx")).DeletedCloudPcsPage,
  removals: async () => (await import("../features/removals/removals-page.tsx")).RemovalsPage,
  licenses: async () => (await import("../features/licenses/licenses-page.tsx")).LicensesPage,
  "user-settings": async () => (await import("../features/user-settings/user-settings-page.tsx")).UserSettingsPage,
  roles: async () => (await import("../features/roles/roles-page.tsx")).RolesPage,
  "support-access": async () => (await import("../features/support-access/support-access-page.tsx")).SupportAccessPage,
  administrators: async () => (await import("../features/administrators/administrators-page.tsx")).AdministratorsPage,
  "power-schedules": async () =>
    (await import("../features/power-schedules/power-schedules-page.tsx")).PowerSchedulesPage,
  "maintenance-windows": async () =>
    (await import("../features/maintenance-windows/maintenance-windows-page.tsx")).MaintenanceWindowsPage,
  scripts: async () => (await import("../features/scripts/scripts-page.tsx")).ScriptsPage,
  "scripts/:id": async () => (await import("../features/scripts/script-page.tsx")).ScriptPage,
  "warm-pools": async () => (await import("../features/warm-pools/warm-pools-page.tsx")).WarmPoolsPage,
  alerts: async () => (await import("../features/alerts/alerts-page.tsx")).AlertsPage,
  "alert-rules": async () => (await import("../features/alerts/alert-rules-page.tsx")).AlertRulesPage,
  "notice-endpoints": async () =>
    (await import("../features/notice-endpoints/notice-endpoints-page.tsx")).NoticeEndpointsPage,
  "notice-endpoints/:id": async () =>
    (await import("../features/notice-endpoints/notice-endpoint-page.tsx")).NoticeEndpointPage,
  budgets: async () => (await import("../features/budgets/budgets-page.tsx")).BudgetsPage,
  idle: async () => (await import("../features/reclaim/idle-page.tsx")).IdlePage,
  "reclaim-rules": async () => (await import("../features/reclaim/reclaim-rules-page.tsx")).ReclaimRulesPage,
  "size-advice": async () => (await import("../features/size-advice/size-advice-page.tsx")).SizeAdvicePage,
  use: async () => (await import("../features/use/use-page.tsx")).UsePage,
  "tenant-health": async () => (await import("../features/health/health-page.tsx")).HealthPage,
  cost: async () => (await import("../features/cost/cost-page.tsx")).CostPage,
  tenant: async () => (await import("../features/tenants/tenant-page.tsx")).TenantPage,
  readiness: async () => (await import("../features/customers/readiness-page.tsx")).ReadinessPage,
  leaving: async () => (await import("../features/customers/leaving-page.tsx")).LeavingPage,
  "audit/:id": async () => (await import("../features/audit/event-page.tsx")).AuditEventPage,
  audit: async () => (await import("../features/audit/audit-page.tsx")).AuditPage,
  "wizards/:wizard": async () => (await import("../features/wizards/wizard-page.tsx")).WizardPage,
};

/** The pages of no tenant. */
const ELSEWHERE: Readonly<Record<string, Load>> = {
  my: async () => (await import("../features/my/my-page.tsx")).MyPage,
  audit: async () => (await import("../features/audit/service-audit-page.tsx")).ServiceAuditPage,
  "service-health": async () => (await import("../features/health/service-health-page.tsx")).ServiceHealthPage,
  tenants: async () => (await import("../features/tenants/tenants-page.tsx")).TenantsPage,
  "tenants/new": async () => (await import("../features/wizards/new-tenant-page.tsx")).NewTenantPage,
};

/** The addresses of all pages, below `/portal`. */
export function pages(): ReturnType<typeof createBrowserRouter> {
  const children = [
    ...Object.entries(PAGES).map(([path, load]) => route(`t/:tenant/${path}`, load)),
    ...Object.entries(ELSEWHERE).map(([path, load]) => route(path, load)),
  ];
  return createBrowserRouter(
    [
      {
        element: <Shell />,
        errorElement: <PageFailed />,
        children: [{ index: true, element: <Start /> }, ...children, { path: "*", element: <PageFailed /> }],
      },
    ],
    { basename: "/portal" },
  );
}

function route(path: string, load: Load): RouteObject {
  return {
    path,
    lazy: async () => ({ Component: await load() }),
    hydrateFallbackElement: <Loading />,
    errorElement: <PageFailed />,
  };
}
