import type { ReactElement } from "react";

import { ROOT } from "../../api/addresses.ts";
import { useMay } from "../../api/context.tsx";
import { CopyText } from "../../components/copy-text.tsx";
import { SectionOnDemand } from "../../components/section-on-demand.tsx";
import { words } from "../../words/spot-groups.ts";

/** Instructions for the members of a group to sign in, in words to pass on. */
export function SignIn({ tenant, group }: { readonly tenant: string; readonly group: string }): ReactElement | null {
  if (!useMay("spotGroups/readSignInDetails")) {
    return null;
  }
  return (
    <SectionOnDemand
      title={words.signIn}
      show={words.showSignIn}
      path={`${ROOT}/spotGroups/{id}/signInDetails`}
      place={{ tenant, id: group }}
    >
      {(details) => (
        <>
          <CopyText label={words.signInAddress} text={details.address} />
          <CopyText label={words.signInText} text={details.text} />
        </>
      )}
    </SectionOnDemand>
  );
}
