import type { ReactElement } from "react";
import { Link } from "react-router";

import { ROOT } from "../../api/addresses.ts";
import { useOne } from "../../api/read.ts";

/** The power schedule of a policy by its name, and the way to it. */
export function Schedule({ tenant, id }: { readonly tenant: string; readonly id: string }): ReactElement {
  const known = useOne(`${ROOT}/powerSchedules`, { tenant }).data?.value;
  return <Link to={`/t/${tenant}/power-schedules`}>{known?.find((each) => each.id === id)?.displayName ?? id}</Link>;
}
