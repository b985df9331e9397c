import { Fragment, type ReactElement } from "react";
import { Link } from "react-router";

import { ROOT } from "../../api/addresses.ts";
import { useOne } from "../../api/read.ts";

const ALL = { query: { $top: "1000" } };

/** The policies that use a power schedule, each with the way to it. All rows of the list share one answer. */
export function UsedBy({ tenant, id }: { readonly tenant: string; readonly id: string }): ReactElement {
  const policies = useOne(`${ROOT}/provisioningPolicies`, { tenant }, ALL).data?.value ?? [];
  const using = policies.filter((each) => each["@deskwright.powerScheduleId"] === id);
  return (
    <>
      {using.length === 0 && "-"}
      {using.map((policy, place) => (
        <Fragment key={policy.id}>
          {place > 0 && ", "}
          <Link to={`/t/${tenant}/policies/${policy.id}`}>{policy.displayName}</Link>
        </Fragment>
      ))}
    </>
  );
}
