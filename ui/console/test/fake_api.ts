/** The admin API in memory, by its contract: what tests of the pages talk to. */
import { directoryRoutes } from "./fake_directory.ts";
import { groupRoutes } from "./fake_groups.ts";
import { mailRoutes } from "./fake_mail.ts";
import { securityRoutes } from "./fake_security.ts";
import { settingsRoutes } from "./fake_settings.ts";

export interface Asked {
  method: string;
  path: string;
  query: URLSearchParams;
  body: Record<string, unknown>;
  text: string;
  /** What the path's pattern caught. */
  found: string[];
}

export interface Answer {
  status?: number;
  json?: unknown;
  headers?: Record<string, string>;
  content?: { type: string; body: string };
}

export type Route = [method: string, path: RegExp, answer: (asked: Asked) => Answer];

export const NOW = Math.floor(Date.now() / 1000);

export function problem(
  status: number,
  detail: string,
  errors: Record<string, string> = {},
  type = "about:blank",
): Answer {
  const list = Object.entries(errors).map(([field, message]) => ({ field, message }));
  return {
    status,
    json: { type, title: `Status ${status}`, status, detail, errors: list },
    headers: { "Content-Type": "application/problem+json" },
  };
}

/** Search, order and page as the server does. */
export function listed<T extends object>(items: readonly T[], { query }: Asked): Answer {
  const search = (query.get("search") ?? "").toLowerCase();
  const sort = query.get("sort") ?? "";
  const name = sort.replace(/^-/, "");
  const offset = Number(query.get("offset") ?? 0);
  const found = items.filter((item) => JSON.stringify(item).toLowerCase().includes(search));
  if (name) {
    const value = (item: T) => (item as Record<string, string | number>)[name] ?? "";
    found.sort((a, b) => (value(a) < value(b) ? -1 : value(a) > value(b) ? 1 : 0));
    if (sort.startsWith("-")) found.reverse();
  }
  return { json: { items: found.slice(offset, offset + Number(query.get("limit") ?? 50)), total: found.length } };
}

export class FakeApi {
  /** Everything that was asked, newest last. */
  readonly log: Asked[] = [];
  isLoggedIn = true;
  role = "administrator";
  wantsCode = false;
  needsSetup = false;
  #routes: Route[];

  constructor() {
    this.#routes = [
      ...this.#session(),
      ...settingsRoutes(),
      ...directoryRoutes(),
      ...groupRoutes(),
      ...securityRoutes(),
      ...mailRoutes(),
    ];
  }

  /** Answers one route otherwise from now on. */
  set(method: string, path: RegExp, answer: (asked: Asked) => Answer): void {
    this.#routes.unshift([method, path, answer]);
  }

  answer(method: string, url: string, text: string): Answer {
    const { pathname, searchParams } = new URL(url, "http://localhost");
    const path = pathname.replace(/^\/api\/v1/, "");
    let body: Record<string, unknown> = {};
    try {
      body = JSON.parse(text) as Record<string, unknown>;
    } catch {
      // a body that is no JSON is read by its route
    }
    const asked: Asked = { method, path, query: searchParams, body, text, found: [] };
    this.log.push(asked);
    const isOpen = path === "/service" || path === "/session" || path.startsWith("/setup");
    if (!this.isLoggedIn && !isOpen) return problem(401, "log in first", {}, "/problems/login");
    for (const [wanted, pattern, answer] of this.#routes) {
      const match = wanted === method ? new RegExp(`^${pattern.source}$`).exec(path) : null;
      if (match) return answer({ ...asked, found: match.slice(1).map(decodeURIComponent) });
    }
    return problem(404, `nothing is at ${path}`);
  }

  #session(): Route[] {
    const session = () => ({
      account: {
        address: "postmaster@example.com",
        display_name: "Postmaster",
        role: this.role,
        domains: this.role === "administrator" ? null : ["example.com"],
      },
      csrf_token: "token",
      expires_at: NOW + 43_200,
      second_factor: false,
      must_set_second_factor: false,
      scopes: [],
      version: "0.1.0",
    });
    const service = () => ({
      server_name: "mail.example.com",
      version: "0.1.0",
      logo: null,
      needs_setup: this.needsSetup,
      languages: ["en", "zh-CN", "ja", "ko"],
    });
    return [
      ["GET", /\/service/, () => ({ json: service() })],
      [
        "GET",
        /\/session/,
        () => (this.isLoggedIn ? { json: session() } : problem(401, "log in", {}, "/problems/login")),
      ],
      [
        "POST",
        /\/session/,
        ({ body }) => {
          if (body.password !== "correct") return problem(401, "wrong", {}, "/problems/login");
          if (this.wantsCode && body.code !== "123456") return problem(401, "code", {}, "/problems/second-factor");
          this.isLoggedIn = true;
          return { json: session() };
        },
      ],
      [
        "DELETE",
        /\/session/,
        () => {
          this.isLoggedIn = false;
          return { status: 204 };
        },
      ],
      [
        "POST",
        /\/session\/second-factor/,
        () => ({
          json: {
            secret: "JBSWY3DPEHPK3PXP",
            uri: "otpauth://totp/example",
            qr_svg:
              '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><path d="M1 1h3v3h-3zM5 5h3v3h-3z"/></svg>',
          },
        }),
      ],
      ["PUT", /\/session\/second-factor/, () => ({ json: { recovery_codes: ["abcd-efgh", "ijkl-mnop"] } })],
      [
        "PUT",
        /\/session\/password/,
        ({ body }) =>
          body.old === "correct"
            ? { status: 204 }
            : problem(403, "the old password is wrong", { old: "the old password is wrong" }),
      ],
    ];
  }
}
