/** The way to the server: JSON in and out, the CSRF token with every change, refusals as Problem. */
import { Problem, problemOf } from "./problem";

export type Params = Readonly<Record<string, string | number | boolean | undefined>>;

export interface Sent {
  params?: Params;
  json?: unknown;
  /** A body that is no JSON, with its type. */
  content?: { type: string; body: BodyInit };
  signal?: AbortSignal;
}

export class Client {
  readonly #base: string;
  #csrf = "";
  #bearer = "";
  /** Called when the server does not know the session any more. */
  ended: () => void = () => undefined;

  constructor(base: string) {
    this.#base = base;
  }

  /** The token of the session; every unsafe method carries it. */
  set csrf(token: string) {
    this.#csrf = token;
  }

  /** A token that stands for a login, such as that of the first set-up. */
  set bearer(token: string) {
    this.#bearer = token;
  }

  url(path: string, params: Params = {}): string {
    const query = new URLSearchParams();
    for (const [name, value] of Object.entries(params)) {
      if (value !== undefined && value !== "") query.set(name, String(value));
    }
    const text = query.toString();
    return `${this.#base}${path}${text ? `?${text}` : ""}`;
  }

  async send<T>(method: string, path: string, { params, json, content, signal }: Sent = {}): Promise<T> {
    const headers: Record<string, string> = { Accept: "application/json" };
    if (method !== "GET" && this.#csrf) headers["X-CSRF-Token"] = this.#csrf;
    if (this.#bearer) headers.Authorization = `Bearer ${this.#bearer}`;
    let body: BodyInit | undefined;
    if (content) {
      headers["Content-Type"] = content.type;
      body = content.body;
    } else if (json !== undefined) {
      headers["Content-Type"] = "application/json";
      body = JSON.stringify(json);
    }
    let response: Response;
    try {
      response = await fetch(this.url(path, params), { method, headers, body, signal, credentials: "same-origin" });
    } catch (error) {
      if (error instanceof DOMException && error.name === "AbortError") throw error;
      throw new Problem(0);
    }
    if (response.status === 401 && !path.startsWith("/session")) this.ended();
    if (!response.ok) throw await problemOf(response);
    const text = await response.text();
    return (text ? JSON.parse(text) : undefined) as T;
  }

  get<T>(path: string, params?: Params, signal?: AbortSignal): Promise<T> {
    return this.send<T>("GET", path, { params, signal });
  }

  post<T>(path: string, json?: unknown, sent: Sent = {}): Promise<T> {
    return this.send<T>("POST", path, { ...sent, json });
  }

  put<T>(path: string, json?: unknown): Promise<T> {
    return this.send<T>("PUT", path, { json });
  }

  patch<T>(path: string, json: unknown): Promise<T> {
    return this.send<T>("PATCH", path, { json });
  }

  delete<T = void>(path: string, params?: Params, json?: unknown): Promise<T> {
    return this.send<T>("DELETE", path, { params, json });
  }
}

export const api = new Client("/api/v1");
