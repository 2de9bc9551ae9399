/** Domains, accounts, groups and aliases of the fake. */
import { listed, NOW, problem, type Route } from "./fake_api.ts";

const MIB = 1024 ** 2;
const NAMES = ["postmaster", "office", "sales", "support", "billing", "press", "jobs", "legal", "orders", "events"];

interface FakeAccount extends Record<string, unknown> {
  id: number;
  address: string;
}

function account(id: number, address: string, more: Record<string, unknown> = {}): FakeAccount {
  return {
    id,
    address,
    display_name: `${(address[0] ?? "").toUpperCase()}${address.split("@")[0]?.slice(1)}`,
    role: id === 1 ? "administrator" : id === 2 ? "domain-administrator" : "user",
    disabled: id === 7,
    has_password: true,
    quota: id % 3 === 0 ? null : 2048 * MIB,
    used: ((id * 193) % 2100) * MIB,
    messages: (id * 1777) % 30_000,
    sending_limit: null,
    aliases: id === 2 ? ["info@example.com", "hello@example.com"] : [],
    groups: id < 4 ? ["team@example.com"] : [],
    domains: id === 2 ? ["example.com"] : [],
    created_at: NOW - id * 400_000,
    last_login_at: id % 4 === 0 ? null : NOW - id * 3000,
    second_factor: id === 1,
    ...more,
  };
}

export function directoryRoutes(): Route[] {
  let accounts = [
    ...NAMES.map((name, index) => account(index + 1, `${name}@example.com`)),
    ...Array.from({ length: 70 }, (_, index) => account(index + 11, `desk${index + 1}@example.org`)),
  ];
  let domains = ["example.com", "example.org", "例え.example"].map((name, index) => ({
    name,
    is_primary: index === 0,
    accounts: [10, 70, 0][index] ?? 0,
    aliases: [2, 0, 1][index] ?? 0,
    groups: index === 0 ? 1 : 0,
    catch_all: null as string | null,
    sending_limit: null as number | null,
    account_quota: (index === 0 ? 2048 * MIB : null) as number | null,
    largest_attachment: null as number | null,
    address_format: "first.last",
    administrators: index === 0 ? ["office@example.com"] : [],
  }));
  let passwords = [
    { id: 1, name: "Phone", protocols: ["imap", "smtp"], created_at: NOW - 900_000, last_used_at: NOW - 300 },
  ];
  const at = (id: string | undefined) => accounts.find((one) => String(one.id) === id);
  const records = (name: string) => [
    {
      kind: "MX",
      purpose: "mx",
      name,
      value: "10 mail.example.com.",
      state: "ok",
      found: ["10 mail.example.com."],
      note: "",
      needed: true,
    },
    {
      kind: "TXT",
      purpose: "spf",
      name,
      value: "v=spf1 mx -all",
      state: "different",
      found: ["v=spf1 ~all"],
      note: "",
      needed: true,
    },
    {
      kind: "TXT",
      purpose: "dkim",
      name: `p20261128e._domainkey.${name}`,
      value: "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=",
      state: "missing",
      found: [],
      note: "",
      needed: true,
    },
    {
      kind: "TXT",
      purpose: "dmarc",
      name: `_dmarc.${name}`,
      value: "v=DMARC1; p=quarantine",
      state: "ok",
      found: ["v=DMARC1; p=quarantine"],
      note: "",
      needed: true,
    },
    {
      kind: "TXT",
      purpose: "mta-sts",
      name: `_mta-sts.${name}`,
      value: "v=STSv1; id=1",
      state: "unknown",
      found: [],
      note: "",
      needed: false,
    },
  ];
  return [
    ["GET", /\/domains/, (asked) => listed(domains, asked)],
    [
      "POST",
      /\/domains/,
      ({ body }) => {
        const name = String(body.name);
        if (!name.includes(".")) return problem(422, "name: a domain has a dot", { name: "a domain has a dot" });
        if (domains.some((one) => one.name === name)) return problem(409, `there is a domain ${name} already`);
        domains.push({
          name,
          is_primary: false,
          accounts: 0,
          aliases: 0,
          groups: 0,
          catch_all: null,
          sending_limit: null,
          account_quota: null,
          largest_attachment: null,
          address_format: "first.last",
          administrators: [],
        });
        return { status: 201, json: domains.at(-1) };
      },
    ],
    ["GET", /\/domains\/([^/]+)/, ({ found: [name] }) => ({ json: domains.find((one) => one.name === name) })],
    [
      "PATCH",
      /\/domains\/([^/]+)/,
      ({ found: [name], body }) => {
        domains = domains.map((one) => (one.name === name ? { ...one, ...body } : one));
        return { json: domains.find((one) => one.name === name) };
      },
    ],
    [
      "DELETE",
      /\/domains\/([^/]+)/,
      ({ found: [name] }) => {
        domains = domains.filter((one) => one.name !== name);
        return { status: 204 };
      },
    ],
    ["GET", /\/domains\/([^/]+)\/dns/, ({ found: [name] }) => ({ json: { records: records(name ?? "") } })],
    [
      "GET",
      /\/domains\/([^/]+)\/keys/,
      () => ({
        json: {
          items: [
            {
              selector: "p20261128r",
              algorithm: "rsa-sha256",
              state: "active",
              created_at: NOW - 5_000_000,
              active_at: NOW - 5_000_000,
              retired_at: null,
              name: "p._domainkey.example.com",
              record: "v=DKIM1; k=rsa; p=MIIB",
            },
            {
              selector: "p20261128e",
              algorithm: "ed25519-sha256",
              state: "active",
              created_at: NOW - 5_000_000,
              active_at: NOW - 5_000_000,
              retired_at: null,
              name: "p._domainkey.example.com",
              record: "v=DKIM1; k=rsa; p=MIIB",
            },
          ],
          total: 2,
        },
      }),
    ],
    ["POST", /\/domains\/([^/]+)\/keys\/rotate/, () => ({ json: { items: [], total: 0 } })],
    [
      "GET",
      /\/accounts/,
      (asked) => {
        const domain = asked.query.get("domain");
        return listed(domain ? accounts.filter((one) => one.address.endsWith(`@${domain}`)) : accounts, asked);
      },
    ],
    [
      "POST",
      /\/accounts/,
      ({ body }) => {
        if (String(body.password ?? "").length < 10)
          return problem(422, "password: at least 10 characters are wanted", {
            password: "at least 10 characters are wanted",
          });
        accounts.push(account(accounts.length + 1, String(body.address), body));
        return { status: 201, json: accounts.at(-1) };
      },
    ],
    ["GET", /\/accounts\/(\d+)/, ({ found: [id] }) => (at(id) ? { json: at(id) } : problem(404, "no such account"))],
    [
      "PATCH",
      /\/accounts\/(\d+)/,
      ({ found: [id], body }) => {
        accounts = accounts.map((one) => (String(one.id) === id ? { ...one, ...body } : one));
        return { json: at(id) };
      },
    ],
    [
      "DELETE",
      /\/accounts\/(\d+)/,
      ({ found: [id] }) => {
        accounts = accounts.filter((one) => String(one.id) !== id);
        return { status: 204 };
      },
    ],
    ["GET", /\/accounts\/(\d+)\/app-passwords/, () => ({ json: { items: passwords, total: passwords.length } })],
    [
      "POST",
      /\/accounts\/(\d+)\/app-passwords/,
      ({ body }) => {
        const made = {
          id: passwords.length + 1,
          name: String(body.name),
          protocols: body.protocols as string[],
          created_at: NOW,
          last_used_at: 0,
        };
        passwords.push(made);
        return { status: 201, json: { ...made, password: "abcd-efgh-ijkl-mnop" } };
      },
    ],
    [
      "DELETE",
      /\/accounts\/(\d+)\/app-passwords\/(\d+)/,
      ({ found: [, id] }) => {
        passwords = passwords.filter((one) => String(one.id) !== id);
        return { status: 204 };
      },
    ],
    ["DELETE", /\/accounts\/(\d+)\/second-factor/, () => ({ status: 204 })],
    [
      "POST",
      /\/accounts\/import/,
      ({ query }) =>
        query.get("dry_run") === "true"
          ? {
              json: {
                rows: [
                  { line: 2, address: "new@example.com", action: "add", changes: [], error: "" },
                  { line: 3, address: "office@example.com", action: "change", changes: ["quota"], error: "" },
                  {
                    line: 4,
                    address: "nobody@elsewhere.example",
                    action: "error",
                    changes: [],
                    error: "there is no domain elsewhere.example",
                  },
                ],
                counts: { add: 1, change: 1, same: 0, error: 1 },
              },
            }
          : {
              status: 202,
              json: {
                id: 7,
                kind: "import",
                title: "Import",
                state: "running",
                done: 0,
                total: 2,
                text: "",
                started_at: NOW,
                ended_at: null,
                result: {},
              },
            },
    ],
  ];
}
