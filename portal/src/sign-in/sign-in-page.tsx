import { Button, MessageBar, MessageBarBody, Title2, makeStyles, tokens } from "@fluentui/react-components";
import { useState, type ReactElement } from "react";

import { words } from "../words/sign-in.ts";
import type { SignIn } from "./account.ts";

const useStyles = makeStyles({
  page: {
    minHeight: "100vh",
    display: "grid",
    placeContent: "center",
    justifyItems: "start",
    rowGap: tokens.spacingVerticalL,
    padding: tokens.spacingHorizontalXXL,
    backgroundColor: tokens.colorNeutralBackground2,
    color: tokens.colorNeutralForeground1,
  },
});

/** The first page for everybody who is not signed in. */
export function SignInPage({ signIn }: { readonly signIn: SignIn }): ReactElement {
  const styles = useStyles();
  const [problem, setProblem] = useState<string | null>(signIn.problem);
  const enter = (): void => {
    signIn.enter().catch((error: unknown) => setProblem(error instanceof Error ? error.message : String(error)));
  };
  return (
    <main className={styles.page}>
      <Title2 as="h1">{words.title}</Title2>
      <p>{words.lead}</p>
      <Button appearance="primary" size="large" onClick={enter}>
        {words.enter}
      </Button>
      {problem !== null && (
        <MessageBar intent="error" role="alert">
          <MessageBarBody>{problem}</MessageBarBody>
        </MessageBar>
      )}
    </main>
  );
}
