/** A refusal of the server (RFC 9457), or the network's. */

interface ProblemDocument {
  type?: string;
  title?: string;
  detail?: string;
  errors?: { field: string; message: string }[];
}

export class Problem extends Error {
  readonly status: number;
  readonly type: string;
  readonly title: string;
  readonly detail: string;
  /** What is wrong, by the name of the field. */
  readonly fields: Readonly<Record<string, string>>;
  /** Seconds to wait; 0 where the server named none. */
  readonly retryAfter: number;

  constructor(status: number, document: ProblemDocument = {}, retryAfter = 0) {
    super(document.detail || document.title || `HTTP ${status}`);
    this.name = "Problem";
    this.status = status;
    this.type = document.type ?? "about:blank";
    this.title = document.title ?? "";
    this.detail = document.detail ?? "";
    this.retryAfter = retryAfter;
    this.fields = Object.fromEntries((document.errors ?? []).map(({ field, message }) => [field, message]));
  }

  /** No answer came: the server is away or the network is. */
  get isOffline(): boolean {
    return this.status === 0;
  }
}

export async function problemOf(response: Response): Promise<Problem> {
  const retryAfter = Number(response.headers.get("Retry-After") ?? 0) || 0;
  const type = response.headers.get("Content-Type") ?? "";
  if (!type.includes("json")) return new Problem(response.status, {}, retryAfter);
  try {
    return new Problem(response.status, (await response.json()) as ProblemDocument, retryAfter);
  } catch {
    return new Problem(response.status, {}, retryAfter);
  }
}
