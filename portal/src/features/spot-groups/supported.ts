import { ROOT } from "../../api/addresses.ts";
import { useOne } from "../../api/read.ts";

/** Ask what may be done with a Spot Group and its release now. */
export function useSupported(tenant: string, id: string) {
  return useOne(`${ROOT}/spotGroups/{id}/supportedActions`, { tenant, id });
}

/** Ask what may be done with a session host now; while `enabled`. */
export function useSupportedOfHost(tenant: string, id: string, host: string, enabled = true) {
  return useOne(`${ROOT}/spotGroups/{id}/hosts/{host}/supportedActions`, { tenant, id, host }, { enabled });
}
