/** A first word that is no code: `cloudPcId` stays as it is. */
const WORD = /^[a-z]+(?=[\s,;:.!?]|$)/;

/** Return a clause of the service as a sentence, so that another one can follow. */
export function sentence(text: string | null | undefined): string {
  const said = (text?.trim() ?? "").replace(WORD, (word) => word.charAt(0).toUpperCase() + word.slice(1));
  return said === "" || /[.!?:]$/.test(said) ? said : `${said}.`;
}
