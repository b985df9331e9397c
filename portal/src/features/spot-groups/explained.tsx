import { Button, Field, Input, MessageBar, MessageBarBody, makeStyles, tokens } from "@fluentui/react-components";
import type { ReactElement } from "react";

import { ROOT } from "../../api/addresses.ts";
import { titleOf } from "../../api/errors.ts";
import { useOne } from "../../api/read.ts";
import { ErrorNotice } from "../../components/error-notice.tsx";
import { Facts } from "../../components/facts.tsx";
import { Loading } from "../../components/loading.tsx";
import { moment } from "../../components/moments.ts";
import { Section } from "../../components/section.tsx";
import { useAddress, useTyped } from "../../components/use-address.ts";
import { words } from "../../words/spot-groups.ts";

const useStyles = makeStyles({
  form: { display: "flex", flexWrap: "wrap", alignItems: "end", gap: tokens.spacingHorizontalM },
  field: { minWidth: "240px", flexGrow: 1, maxWidth: "480px" },
});

/** Why somebody has, or waits for, a desktop of a group. The user is in the address. */
export function Explained({ tenant, group }: { readonly tenant: string; readonly group: string }): ReactElement {
  const styles = useStyles();
  const [user, setUser] = useAddress("user");
  const [typed, setTyped] = useTyped(user);
  const query = useOne(
    `${ROOT}/spotGroups/{id}/explain`,
    { tenant, id: group },
    { query: { user }, enabled: user !== "" },
  );
  const { data } = query;
  return (
    <Section title={words.explain}>
      <form
        className={styles.form}
        onSubmit={(event) => {
          event.preventDefault();
          setUser(typed.trim());
        }}
      >
        <Field label={words.explainUser} className={styles.field}>
          <Input value={typed} autoComplete="off" onChange={(_, { value }) => setTyped(value)} />
        </Field>
        <Button type="submit" disabledFocusable={typed.trim() === ""}>
          {words.ask}
        </Button>
      </form>
      {query.isLoading && <Loading why={query.failureReason} />}
      {query.isError && <ErrorNotice error={query.error} again={() => void query.refetch()} />}
      {user !== "" && data !== undefined && (
        <>
          <MessageBar layout="multiline" aria-live="polite">
            <MessageBarBody>{data.reasons.join(" ")}</MessageBarBody>
          </MessageBar>
          <Facts
            facts={{
              user: data.userPrincipalName,
              place: data.memberStatus ? titleOf(data.memberStatus) : null,
              placeInLine: data.placeInLine,
              maySignIn: data.maySignIn,
              asOf: data.lookedAt ? moment(data.lookedAt) : null,
            }}
          />
        </>
      )}
    </Section>
  );
}
