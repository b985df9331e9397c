/** Requests that got no answer: sent again, they have the key that they had, so that the service does it once. */

/** So many are remembered, the newest ones. */
const MOST = 50;

/** The requests of one person, by what they ask for. */
export class Unanswered {
  private readonly keys = new Map<string, string>();

  /** Return the key of a request: that of the same request before, while it is not answered, else a new one. */
  async keyOf(request: Request): Promise<string> {
    const what = await whatOf(request);
    const key = this.keys.get(what) ?? crypto.randomUUID();
    this.keys.delete(what);
    this.keys.set(what, key);
    const [oldest] = this.keys.keys();
    if (this.keys.size > MOST && oldest !== undefined) {
      this.keys.delete(oldest);
    }
    return key;
  }

  /** Forget a request that was answered: the same one is a new wish then. */
  answered(request: Request): void {
    const key = request.headers.get("Idempotency-Key");
    for (const [what, each] of this.keys) {
      if (each === key) {
        this.keys.delete(what);
      }
    }
  }
}

/** Return what a request asks for; its body can have a secret, and only a digest of it is kept. */
async function whatOf(request: Request): Promise<string> {
  const body = await request.clone().arrayBuffer();
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", body));
  return `${request.method} ${request.url} ${digest.join(",")}`;
}
