import type { ReactElement } from "react";

import { DetailView } from "../../components/detail-view.tsx";
import { EmptyState } from "../../components/empty-state.tsx";
import { LinkButton } from "../../components/link-button.tsx";
import { PageHeader } from "../../components/page-header.tsx";
import { words } from "../../words/wizards.ts";
import { useNewTenant, type Saved } from "./api.ts";
import { Steps } from "./steps.tsx";

/** Make a tenant; what it still needs comes next. */
export function NewTenantPage(): ReactElement {
  const { wizard, review, save } = useNewTenant();
  return (
    <DetailView query={wizard}>
      {(found) => (
        <Steps
          wizard={found}
          cancelTo="/tenants"
          review={review}
          save={save}
          onSearch={nothing}
          done={(saved) => <Made title={found.title} saved={saved} />}
        />
      )}
    </DetailView>
  );
}

function Made({ title, saved }: { readonly title: string; readonly saved: Saved }): ReactElement {
  return (
    <>
      <PageHeader title={title} />
      <EmptyState
        title={words.tenantMade}
        text={words.tenantNeeds}
        action={
          <LinkButton to={`/t/${saved.subject}/readiness`} isPrimary>
            {words.showNeeds}
          </LinkButton>
        }
      />
    </>
  );
}

function nothing(): void {
  // No field of this wizard chooses groups.
}
