import type { ReactElement } from "react";
import { Link } from "react-router";

import { ROOT } from "../../api/addresses.ts";
import { useOne, type Found } from "../../api/read.ts";
import { words } from "../../words/policies.ts";

type Policy = Found<"/tenants/{tenant}/{version}/deviceManagement/virtualEndpoint/provisioningPolicies/{id}">;

const PLAIN = { margin: 0, paddingInlineStart: "20px" } as const;

interface Given {
  readonly tenant: string;
  readonly scripts: Policy["@deskwright.scripts"];
}

/** The apps and scripts of a policy by their names, in the order in which they run. */
export function Scripts({ tenant, scripts }: Given): ReactElement {
  const known = useOne(`${ROOT}/deviceManagementScripts`, { tenant }).data?.value ?? [];
  const nameOf = (script: string): string => known.find(({ id }) => id === script)?.displayName ?? script;
  return (
    <ol style={PLAIN}>
      {scripts.map(({ scriptId, timeoutInMinutes, onFailure }) => (
        <li key={scriptId}>
          <Link to={`/t/${tenant}/scripts/${scriptId}`}>{nameOf(scriptId)}</Link>{" "}
          {words.scriptOf({ count: timeoutInMinutes ?? 0, consequence: words.onFailure[onFailure ?? "warn"] })}
        </li>
      ))}
    </ol>
  );
}
