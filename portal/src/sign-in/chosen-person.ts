/**
 * The sign-in of `make run`: a page of the local stack ("choose who you are") sends the browser here with a token in
 * the fragment. It is kept for this tab, so that two tabs can be two people; a tab that nobody chose a person for, such as
 * a link that is opened in a new tab, is the person who was chosen last. Never part of a deployed bundle.
 */
import { words } from "../words/sign-in.ts";
import { SignedOutError, type Account, type SignIn } from "./account.ts";

const KEPT = "deskwright.chosen-person";
/** Where somebody was when they had to be chosen again. */
const PLACE = "deskwright.chosen-place";

interface Chosen {
  readonly token: string;
  /** The address of the page on which people are chosen. */
  readonly page: string;
}

export function chosenPerson(): SignIn {
  const chosen = fromAddress() ?? kept();
  const page = chosen?.page ?? null;
  const leave = async (): Promise<void> => {
    if (page === null) {
      throw new Error(words.chooseAgain);
    }
    sessionStorage.removeItem(KEPT);
    localStorage.removeItem(KEPT);
    location.assign(page);
    await new Promise<never>(() => {});
  };
  const enter = (): Promise<void> => {
    sessionStorage.setItem(PLACE, `${location.pathname}${location.search}`);
    return leave();
  };
  return {
    account: chosen === null || expired(chosen.token) ? null : accountOf(chosen.token),
    problem: null,
    enter,
    token: () =>
      chosen === null || expired(chosen.token) ? Promise.reject(new SignedOutError()) : Promise.resolve(chosen.token),
    leave,
  };
}

function fromAddress(): Chosen | null {
  const said = new URLSearchParams(location.hash.slice(1));
  const [token, page] = [said.get("chosen-token"), said.get("chosen-page")];
  if (token === null || page === null) {
    return null;
  }
  sessionStorage.setItem(KEPT, JSON.stringify({ token, page }));
  localStorage.setItem(KEPT, JSON.stringify({ token, page }));
  const place = sessionStorage.getItem(PLACE);
  sessionStorage.removeItem(PLACE);
  history.replaceState(null, "", place ?? `${location.pathname}${location.search}`);
  return { token, page };
}

function kept(): Chosen | null {
  const text = sessionStorage.getItem(KEPT) ?? localStorage.getItem(KEPT);
  if (text === null) {
    return null;
  }
  sessionStorage.setItem(KEPT, text); // this tab stays who it is when somebody else is chosen in another
  return JSON.parse(text) as Chosen;
}

interface Claims {
  readonly exp: number;
  readonly name?: string;
  readonly preferred_username?: string;
  readonly oid: string;
}

function claimsOf(token: string): Claims {
  const body = (token.split(".")[1] ?? "").replaceAll("-", "+").replaceAll("_", "/");
  const bytes = Uint8Array.from(atob(body), (letter) => letter.codePointAt(0) ?? 0);
  return JSON.parse(new TextDecoder().decode(bytes)) as Claims;
}

function expired(token: string): boolean {
  return claimsOf(token).exp * 1000 <= Date.now();
}

function accountOf(token: string): Account {
  const claims = claimsOf(token);
  return { name: claims.name ?? claims.oid, address: claims.preferred_username ?? claims.oid };
}
