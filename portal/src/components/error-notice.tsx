import {
  Button,
  MessageBar,
  MessageBarActions,
  MessageBarBody,
  MessageBarTitle,
  makeStyles,
} from "@fluentui/react-components";
import type { ReactElement } from "react";

import { useSignIn } from "../api/context.tsx";
import { ApiError, messageOf, pointerText } from "../api/errors.ts";
import { SignedOutError } from "../sign-in/account.ts";
import { words as shell } from "../words/shell.ts";
import { words as signing } from "../words/sign-in.ts";
import { CopyText } from "./copy-text.tsx";
import { Facts } from "./facts.tsx";

/** Names of permissions and of resources are long words. */
const useStyles = makeStyles({ body: { overflowWrap: "anywhere", minWidth: 0 } });

interface Said {
  readonly error: unknown;
  /** Try it again; left out where that makes no sense. */
  readonly again?: () => void;
}

/** What went wrong: title, what happened, evidence, trace id, and what can be done. */
export function ErrorNotice({ error, again }: Said): ReactElement {
  const styles = useStyles();
  const signIn = useSignIn();
  if (error instanceof SignedOutError) {
    return (
      <MessageBar intent="warning" role="alert" layout="multiline">
        <MessageBarBody>{signing.expired}</MessageBarBody>
        <MessageBarActions>
          <Button onClick={() => void signIn.enter()}>{signing.again}</Button>
        </MessageBarActions>
      </MessageBar>
    );
  }
  const known = error instanceof ApiError ? error : null;
  return (
    <MessageBar intent="error" role="alert" layout="multiline">
      <MessageBarBody className={styles.body}>
        {known !== null && <MessageBarTitle>{known.title}</MessageBarTitle>}
        <span>{messageOf(error)}</span>
        {known?.fields.map((each) => (
          <div key={each.pointer}>{`${pointerText(each.pointer)}: ${each.message}`}</div>
        ))}
        {known?.retryAfter ? <div>{shell.retryAfter({ seconds: known.retryAfter })}</div> : null}
        {known !== null && <Facts facts={known.details} />}
        {known?.traceId ? <CopyText label={shell.traceId} text={known.traceId} /> : null}
      </MessageBarBody>
      {again !== undefined && (
        <MessageBarActions>
          <Button onClick={again}>{shell.retry}</Button>
        </MessageBarActions>
      )}
    </MessageBar>
  );
}
