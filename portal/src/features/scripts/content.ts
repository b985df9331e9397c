/** The text of a script, as the API has it: UTF-8 in Base64. Pure. */

export function encoded(text: string): string {
  const bytes = new TextEncoder().encode(text);
  return btoa(Array.from(bytes, (byte) => String.fromCodePoint(byte)).join(""));
}

export function decoded(content: string): string {
  const bytes = Uint8Array.from(atob(content), (letter) => letter.codePointAt(0) ?? 0);
  return new TextDecoder().decode(bytes);
}
