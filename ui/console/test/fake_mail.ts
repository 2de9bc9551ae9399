/** Overview, queue, connections, audit log, jobs, backups and logo of the fake. */
import { listed, NOW, problem, type Route } from "./fake_api.ts";

const HOUR = 3600;
const MIB = 1024 ** 2;

export function mailRoutes(): Route[] {
  let queue = Array.from({ length: 64 }, (_, index) => ({
    id: index + 1,
    message_id: index + 1,
    sender: index % 9 === 0 ? null : `desk${index + 1}@example.org`,
    recipient: `someone${index + 1}@remote${index % 5}.example`,
    size: 2000 + index * 30_011,
    queued_at: NOW - index * 1400,
    next_attempt_at: index % 7 === 0 ? null : NOW + index * 60,
    attempts: index % 6,
    last_reply: index % 6 ? "451 4.7.1 Try again later" : "",
    status: index % 6 ? "deferred" : "new",
    held: index % 7 === 0,
    working: index === 1,
  }));
  let connections = [
    {
      id: "1-2",
      account: "office@example.com",
      protocol: "imap",
      address: "198.51.100.4",
      client: "Thunderbird 156",
      tls: "TLSv1.3",
      since: NOW - 5000,
      worker: 0,
    },
    {
      id: "1-3",
      account: "sales@example.com",
      protocol: "pop3",
      address: "2001:db8::7",
      client: null,
      tls: "TLSv1.2",
      since: NOW - 60,
      worker: 1,
    },
    {
      id: "1-4",
      account: null,
      protocol: "smtp",
      address: "203.0.113.9",
      client: "mx.remote.example",
      tls: null,
      since: NOW - 3,
      worker: 1,
    },
  ];
  const audit = Array.from({ length: 120 }, (_, index) => ({
    id: index + 1,
    at: NOW - index * 3000,
    who: index % 3 ? "postmaster@example.com" : "root",
    what: ["settings changed", "account added", "queue: retry"][index % 3] ?? "",
    subject: `desk${index}@example.org`,
    address: "192.0.2.33",
  }));
  let backups = [{ name: "2026-11-27T02-00-00", made_at: NOW - 80_000, size: 812 * MIB }];
  const job = {
    id: 7,
    kind: "backup",
    title: "Backup",
    state: "done",
    done: 80,
    total: 80,
    text: "",
    started_at: NOW - 5,
    progress: "deferred",
    tls: "TLSv1.3",
    ended_at: NOW,
    result: {},
  };
  return [
    [
      "GET",
      /\/overview/,
      () => ({
        json: {
          health: [
            {
              name: "certificates",
              title: "certificate",
              state: "warning",
              text: "the certificate is signed by itself; mail programs warn of it",
              page: "certificates",
            },
            {
              name: "listeners",
              title: "listeners",
              state: "error",
              text: "POP3: port 110 is used by another program",
              page: "imap_pop3",
            },
            { name: "storage", title: "storage", state: "ok", text: "218 GiB free", page: "overview" },
            { name: "dns", title: "dns", state: "ok", text: "the resolver answers", page: "network" },
            { name: "database", title: "database", state: "ok", text: "whole", page: "overview" },
          ],
          mail_flow: {
            step: HOUR,
            start: NOW - (NOW % HOUR) - 23 * HOUR,
            received: Array.from({ length: 24 }, (_, hour) =>
              Math.round(190 + 170 * Math.sin((hour - 3) / 3.6) + (hour % 5) * 11),
            ),
            sent: Array.from({ length: 24 }, (_, hour) =>
              Math.round(80 + 70 * Math.sin((hour - 4) / 3.6) + (hour % 3) * 9),
            ),
            deferred: Array(24).fill(3),
            bounced: Array(24).fill(1),
            rejected: Array.from({ length: 24 }, (_, hour) => 12 + ((hour * 7) % 23)),
          },
          queue: { waiting: 54, held: 10, oldest_at: NOW - 88_200 },
          storage: { total: 635_000 * MIB, used: 412_000 * MIB, free: 223_000 * MIB, mail: 188_000 * MIB },
          certificate: {
            name: "first",
            names: ["mail.example.com"],
            not_after: NOW + 345 * 86_400,
            self_signed: true,
          },
          counts: { accounts: 80, domains: 3, groups: 1, connections: 214 },
          processes: [
            { pid: 4211, index: 0, serves: "mail", since: NOW - 300_000, restarts: 0, memory: 96 * MIB },
            { pid: 4212, index: 0, serves: "console", since: NOW - 4000, restarts: 1, memory: 88 * MIB },
          ],
          started_at: NOW - 300_000,
          version: "0.1.0",
        },
      }),
    ],
    [
      "GET",
      /\/queue/,
      (asked) => {
        const state = asked.query.get("state") ?? "all";
        return listed(
          queue.filter((one) => state === "all" || one.held === (state === "held")),
          asked,
        );
      },
    ],
    [
      "GET",
      /\/queue\/(\d+)/,
      ({ found: [id] }) => {
        const entry = queue.find((one) => String(one.id) === id);
        if (!entry) return problem(404, "it is not in the queue any more");
        const attempts_made = [
          {
            at: NOW - 4000,
            progress: "deferred",
            tls: "TLSv1.3",
            reply: "451 4.7.1 Try again later",
            status: "4.7.1",
            host: "mx1.remote.example",
          },
          {
            at: NOW - 9000,
            progress: "deferred",
            tls: "TLSv1.3",
            reply: "connection refused",
            status: "4.4.1",
            host: "mx2.remote.example",
          },
        ];
        return {
          json: {
            ...entry,
            headers: "From: Sales <sales@example.com>\r\nTo: someone@remote.example\r\nSubject: Order 4711\r\n",
            attempts_made,
            recipients: [entry],
          },
        };
      },
    ],
    [
      "POST",
      /\/queue\/actions/,
      ({ body }) => {
        const ids = (body.ids as unknown[] | undefined)?.map(String) ?? [];
        const isMeant = (one: { id: number }) => ids.includes(String(one.id));
        const count = queue.filter(isMeant).length;
        if (body.action === "delete") queue = queue.filter((one) => !isMeant(one));
        if (body.action === "hold" || body.action === "release")
          queue = queue.map((one) => (isMeant(one) ? { ...one, held: body.action === "hold" } : one));
        return { json: { count } };
      },
    ],
    [
      "GET",
      /\/search-index\/accounts/,
      (asked) =>
        listed(
          ["office", "sales", "張偉", "desk"].map((name, index) => ({
            account_id: index + 1,
            address: `${name}@example.com`,
            indexed: 41_200 - index * 9800,
            waiting: index ? 0 : 3100,
            size: (90 - index * 20) * MIB,
          })),
          asked,
        ),
    ],
    ["POST", /\/search-index\/rebuild/, () => ({ status: 202 })],
    ["POST", /\/search-index\/(pause|resume)/, () => ({ status: 204 })],
    [
      "GET",
      /\/search-index/,
      () => ({
        json: {
          state: "indexing",
          indexed: 106_000,
          waiting: 3100,
          size: 240 * MIB,
          accounts: 4,
          accounts_in_all: 4,
          accounts_waiting: 1,
          per_second: 410,
          seconds_left: 8,
        },
      }),
    ],
    ["GET", /\/connections/, (asked) => listed(connections, asked)],
    [
      "DELETE",
      /\/connections\/([^/]+)/,
      ({ found: [id] }) => {
        connections = connections.filter((one) => one.id !== id);
        return { status: 204 };
      },
    ],
    ["GET", /\/audit/, (asked) => listed(audit, asked)],
    ["GET", /\/jobs/, () => ({ json: { items: [], total: 0 } })],
    ["GET", /\/jobs\/([^/]+)/, ({ found: [id] }) => ({ json: { ...job, id: Number(id) } })],
    [
      "GET",
      /\/jobs\/([^/]+)\/events/,
      ({ found: [id] }) => ({
        content: {
          type: "text/event-stream",
          body: `event: end\ndata: ${JSON.stringify({ ...job, id: Number(id) })}\n\n`,
        },
      }),
    ],
    ["GET", /\/backups/, (asked) => listed(backups, asked)],
    ["POST", /\/backups/, () => ({ status: 202, json: { ...job, state: "running", done: 3 } })],
    [
      "DELETE",
      /\/backups\/([^/]+)/,
      () => {
        backups = [];
        return { status: 204 };
      },
    ],
    ["GET", /\/health/, () => ({ json: { state: "warning", checks: [] } })],
    ["DELETE", /\/branding\/logo/, () => ({ status: 204 })],
    ["GET", /\/branding\/logo/, () => problem(404, "there is no logo of your own")],
  ];
}
