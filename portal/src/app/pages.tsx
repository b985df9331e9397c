import type { ReactElement } from "react";
import { createBrowserRouter, type RouteObject } from "react-router";

import { PageFailed } from "./page-failed.tsx";
import { Loading } from "../components/loading.tsx";
import { Shell } from "./shell.tsx";
import { Start } from "./start.tsx";

type Page = () => ReactElement;

/** Load a page when somebody opens it: each is a file of its own in the bundle. */
function page(load: () => Promise<Page>): Pick<RouteObject, "lazy" | "hydrateFallbackElement"> {
  return {
    lazy: async () => ({ Component: await load() }),
    hydrateFallbackElement: <Loading />,
  };
}

/** The addresses of all pages, below `/portal`. */
export function pages(): ReturnType<typeof createBrowserRouter> {
  return createBrowserRouter(
    [
      {
        element: <Shell />,
        errorElement: <PageFailed />,
        children: [
          { index: true, element: <Start /> },
          { path: "t/:tenant", ...page(async () => (await import("../features/home/home-page.tsx")).HomePage) },
          {
            path: "t/:tenant/cloud-pcs",
            ...page(async () => (await import("../features/cloud-pcs/cloud-pcs-page.tsx")).CloudPcsPage),
          },
          {
            path: "t/:tenant/cloud-pcs/:id",
            ...page(async () => (await import("../features/cloud-pcs/cloud-pc-page.tsx")).CloudPcPage),
          },
          {
            path: "t/:tenant/operations",
            ...page(async () => (await import("../features/operations/operations-page.tsx")).OperationsPage),
          },
          {
            path: "t/:tenant/operations/:id",
            ...page(async () => (await import("../features/operations/operation-page.tsx")).OperationPage),
          },
          {
            path: "t/:tenant/wizards/:wizard",
            ...page(async () => (await import("../features/wizards/wizard-page.tsx")).WizardPage),
          },
          { path: "*", element: <PageFailed /> },
        ],
      },
    ],
    { basename: "/portal" },
  );
}
