/** Answers that may be asked for again: with `If-None-Match` the service says that nothing has changed, and sends nothing. */

interface Kept {
  readonly etag: string;
  readonly text: string;
  readonly headers: Headers;
}

const NOT_MODIFIED = 304;
/** So many answers are kept, the newest ones. */
const MOST = 100;

/** The answers of one person's requests. */
export class Remembered {
  private readonly kept = new Map<string, Kept>();

  /** Name the answer that is known already. */
  ask(request: Request): void {
    const known = this.kept.get(keyOf(request));
    if (known !== undefined) {
      request.headers.set("If-None-Match", known.etag);
    }
  }

  /** Return an answer as if it had been sent whole; remember it for the next time. */
  async answer(request: Request, response: Response): Promise<Response> {
    const key = keyOf(request);
    if (response.status === NOT_MODIFIED) {
      const known = this.kept.get(key);
      return known === undefined ? response : new Response(known.text, { headers: known.headers });
    }
    const etag = response.headers.get("ETag");
    const isJson = response.headers.get("Content-Type")?.startsWith("application/json") ?? false;
    if (request.method === "GET" && response.ok && isJson && etag !== null) {
      this.kept.delete(key);
      this.kept.set(key, { etag, text: await response.clone().text(), headers: response.headers });
      const [oldest] = this.kept.keys();
      if (this.kept.size > MOST && oldest !== undefined) {
        this.kept.delete(oldest);
      }
    }
    return response;
  }
}

function keyOf({ method, url, headers }: Request): string {
  return `${method} ${headers.get("Accept") ?? ""} ${url}`;
}
