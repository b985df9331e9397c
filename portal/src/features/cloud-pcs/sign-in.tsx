import { Button } from "@fluentui/react-components";
import { useState, type ReactElement } from "react";

import { useMay } from "../../api/context.tsx";
import { useOne } from "../../api/read.ts";
import { CopyText } from "../../components/copy-text.tsx";
import { ErrorNotice } from "../../components/error-notice.tsx";
import { Loading } from "../../components/loading.tsx";
import { Section } from "../../components/section.tsx";
import { words } from "../../words/cloud-pcs.ts";

/** How the user signs in, in words to pass on; asked only when somebody wants to see it. */
export function SignIn({ tenant, id }: { readonly tenant: string; readonly id: string }): ReactElement | null {
  const may = useMay("cloudPCs/readSignInDetails");
  const [isWanted, want] = useState(false);
  const query = useOne("/tenants/{tenant}/cloudPCs/{id}/signInDetails", { tenant, id }, { enabled: isWanted });
  if (!may) {
    return null;
  }
  return (
    <Section title={words.signIn}>
      {!isWanted && <Button onClick={() => want(true)}>{words.showSignIn}</Button>}
      {query.isLoading && <Loading why={query.failureReason} />}
      {query.isError && <ErrorNotice error={query.error} again={() => void query.refetch()} />}
      {query.data !== undefined && <CopyText label={words.signInText} text={query.data.text} />}
    </Section>
  );
}
