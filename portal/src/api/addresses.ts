/** Where the Graph-shaped routes are. */
export const ROOT = "/tenants/{tenant}/{version}/deviceManagement/virtualEndpoint" as const;

/** The parts of such an address. */
export function at(tenant: string): { readonly tenant: string; readonly version: "v1.0" } {
  return { tenant, version: "v1.0" };
}
