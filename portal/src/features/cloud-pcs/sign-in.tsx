import type { ReactElement } from "react";

import { useMay } from "../../api/context.tsx";
import { CopyText } from "../../components/copy-text.tsx";
import { SectionOnDemand } from "../../components/section-on-demand.tsx";
import { words } from "../../words/cloud-pcs.ts";

/** Instructions for the user to sign in, in words to pass on. */
export function SignIn({ tenant, id }: { readonly tenant: string; readonly id: string }): ReactElement | null {
  if (!useMay("cloudPCs/readSignInDetails")) {
    return null;
  }
  return (
    <SectionOnDemand
      title={words.signIn}
      show={words.showSignIn}
      path="/tenants/{tenant}/cloudPCs/{id}/signInDetails"
      place={{ tenant, id }}
    >
      {(details) => <CopyText label={words.signInText} text={details.text} />}
    </SectionOnDemand>
  );
}
