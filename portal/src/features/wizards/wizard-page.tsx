import { useState, type ReactElement } from "react";
import { Link, useParams, useSearchParams } from "react-router";

import { EmptyState } from "../../components/empty-state.tsx";
import { OperationProgress, inTenant } from "../../components/operation-progress.tsx";
import { PageLoading } from "../../components/page-loading.tsx";
import { PageError } from "../../components/page-error.tsx";
import { PageHeader } from "../../components/page-header.tsx";
import { words } from "../../words/wizards.ts";
import { useReview, useSave, useWizard, type Form, type Saved, type Wizard, type WizardName } from "./api.ts";
import { changeOf } from "./edited-change.ts";
import { ForeseenChange } from "./foreseen-change.tsx";
import { cancelledOf, pageOf } from "./made.ts";
import { Steps } from "./steps.tsx";

/** A wizard: its steps one after the other, each reviewed by the service before the next one. */
export function WizardPage(): ReactElement {
  const params = useParams();
  const tenant = params["tenant"] ?? "";
  const name = params["wizard"] as WizardName; // the service answers 404 for others
  const [address] = useSearchParams();
  const id = address.get("id") ?? "";
  const [search, setSearch] = useState("");
  const query = useWizard(tenant, name, id, search);
  if (query.isPending) {
    return <PageLoading why={query.failureReason} />;
  }
  if (query.data === undefined) {
    return <PageError error={query.error} again={() => void query.refetch()} />;
  }
  return (
    <TenantSteps key={`${name}${id}`} tenant={tenant} name={name} id={id} wizard={query.data} onSearch={setSearch} />
  );
}

interface TenantStepsGiven {
  readonly tenant: string;
  readonly name: WizardName;
  /** What an edit is of; empty otherwise. */
  readonly id: string;
  readonly wizard: Wizard;
  readonly onSearch: (text: string) => void;
}

function TenantSteps({ tenant, name, id, wizard, onSearch }: TenantStepsGiven): ReactElement {
  const review = useReview(tenant, name);
  const save = useSave(tenant, name);
  const foreseen = (form: Form): ReactElement | null => {
    const change = changeOf(name, form);
    return change === null ? null : <ForeseenChange tenant={tenant} change={change} />;
  };
  return (
    <Steps
      wizard={wizard}
      isEdit={name.startsWith("edit-")}
      cancelTo={`/t/${tenant}/${cancelledOf(name, id)}`}
      review={review}
      save={save}
      onSearch={onSearch}
      foreseen={foreseen}
      done={(saved) => <Done tenant={tenant} name={name} title={wizard.title} saved={saved} />}
    />
  );
}

interface DoneGiven {
  readonly tenant: string;
  readonly name: WizardName;
  readonly title: string;
  readonly saved: Saved;
}

/** What was saved: where it is, and how far the work is that has begun. */
function Done({ tenant, name, title, saved }: DoneGiven): ReactElement {
  const { operation } = saved;
  return (
    <>
      <PageHeader title={title} />
      <EmptyState
        title={words.saved}
        text={operation === null ? words.nothingElse : words.followUp}
        action={<Link to={`/t/${tenant}/${pageOf(name, saved.subject)}`}>{words.show}</Link>}
      />
      {operation === null ? null : <OperationProgress title={title} followed={inTenant(tenant)(operation)} />}
    </>
  );
}
