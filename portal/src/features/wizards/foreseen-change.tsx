import { ProgressBar, Subtitle1 } from "@fluentui/react-components";
import { useQuery } from "@tanstack/react-query";
import type { ReactElement } from "react";

import { useApi, useMay } from "../../api/context.tsx";
import { ErrorNotice } from "../../components/error-notice.tsx";
import { foreseen } from "../../components/foreseen.ts";
import { PreviewView } from "../../components/preview-view.tsx";
import { words } from "../../words/wizards.ts";

/** What a change would do to Cloud PCs, by a dry run of the planner; nothing is written. */
export function ForeseenChange({
  tenant,
  change,
}: {
  readonly tenant: string;
  readonly change: object;
}): ReactElement | null {
  const api = useApi();
  const mayAsk = useMay("tenants/dryRun");
  const query = useQuery({
    queryKey: ["dryRun", tenant, change],
    queryFn: () => foreseen(api, tenant, change),
    enabled: mayAsk,
    gcTime: 0,
  });
  if (!mayAsk) {
    return null;
  }
  return (
    <section aria-label={words.plan}>
      <Subtitle1 as="h3">{words.plan}</Subtitle1>
      {query.isPending && <ProgressBar aria-label={words.planning} />}
      {query.isError && <ErrorNotice error={query.error} again={() => void query.refetch()} />}
      {query.data !== undefined && <PreviewView preview={query.data} />}
    </section>
  );
}
