/** TLS, certificates, lock-outs, tokens of the fake. */
import { listed, NOW, problem, type Route } from "./fake_api.ts";

const DAY = 86_400;
const NAMES = ["mx", "submissions", "submission", "pop3", "pop3s", "imap", "imaps", "console"];

export function securityRoutes(): Route[] {
  let certificates = [
    {
      name: "first",
      subject: "mail.example.com",
      names: ["mail.example.com", "smtp.example.com"],
      issuer: "mail.example.com",
      not_before: NOW - 20 * DAY,
      not_after: NOW + 345 * DAY,
      self_signed: true,
      key: "EC P-256",
      fingerprint: "AB:CD:EF",
      source: "self-signed",
      is_default: true,
      problems: ["it is signed by itself, and mail programs warn of it"],
      renew_at: null,
    },
  ];
  let tokens = [
    {
      id: 1,
      name: "Monitoring",
      scopes: ["health:read", "queue:read"],
      created_at: NOW - 40 * DAY,
      expires_at: NOW + 50 * DAY,
      used_at: NOW - 60,
      account: "postmaster@example.com",
    },
  ];
  let lockouts = [
    { id: "MTky", network: "203.0.113.7", login: "office@example.com", failures: 14, until: NOW + 700, delay: 60 },
  ];
  return [
    [
      "GET",
      /\/tls/,
      () => ({
        json: {
          guidelines: "Mozilla 5.7",
          profiles: [
            {
              name: "modern",
              title: "Modern",
              versions: ["TLSv1.3"],
              ciphers: ["TLS_AES_128_GCM_SHA256"],
              missing: [],
              warning: "",
            },
            {
              name: "intermediate",
              title: "Intermediate",
              versions: ["TLSv1.2", "TLSv1.3"],
              ciphers: ["TLS_AES_128_GCM_SHA256", "ECDHE-ECDSA-AES128-GCM-SHA256"],
              missing: [],
              warning: "",
            },
            {
              name: "old",
              title: "Old",
              versions: ["TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"],
              ciphers: ["AES128-SHA"],
              missing: ["DES-CBC3-SHA"],
              warning: "RFC 8996 forbids TLS 1.0 and 1.1",
            },
          ],
          listeners: NAMES.map((name) => ({
            name,
            profile: "intermediate",
            override: null,
            effective: "intermediate",
          })),
        },
      }),
    ],
    [
      "POST",
      /\/tls\/refused/,
      ({ body }) => {
        const items =
          body.tls_profile === "modern"
            ? [
                {
                  account: "desk3@example.org",
                  protocol: "imap",
                  listener: "imaps",
                  count: 3,
                  tls: "TLSv1.2",
                  cipher: "ECDHE-RSA-AES128-GCM-SHA256",
                  client: "Thunderbird",
                  last_at: NOW - 4000,
                },
              ]
            : [];
        return { json: { total: items.length, accounts: items.length, items } };
      },
    ],
    ["GET", /\/certificates/, (asked) => listed(certificates, asked)],
    [
      "POST",
      /\/certificates\/check/,
      ({ body }) =>
        String(body.chain).includes("BEGIN CERTIFICATE")
          ? { json: { ...certificates[0], name: body.name ?? "", source: "upload", problems: [] } }
          : problem(422, "chain: this is no certificate in PEM form", { chain: "this is no certificate in PEM form" }),
    ],
    [
      "POST",
      /\/certificates/,
      ({ body }) => {
        certificates.push({
          ...(certificates[0] as (typeof certificates)[number]),
          name: String(body.name),
          source: "upload",
          is_default: false,
        });
        return { status: 201, json: certificates.at(-1) };
      },
    ],
    [
      "DELETE",
      /\/certificates\/([^/]+)/,
      ({ found: [name] }) => {
        certificates = certificates.filter((one) => one.name !== name);
        return { status: 204 };
      },
    ],
    ["PUT", /\/certificates\/([^/]+)\/default/, () => ({ status: 204 })],
    [
      "GET",
      /\/acme/,
      () => ({
        json: {
          directory: "https://acme.example/directory",
          email: "",
          challenges: ["http-01", "tls-alpn-01", "dns-01"],
          orders: [],
        },
      }),
    ],
    [
      "POST",
      /\/acme\/orders/,
      () => ({
        status: 202,
        json: { certificate: "mail", state: "ordering", names: [] },
      }),
    ],
    ["GET", /\/tokens/, (asked) => listed(tokens, asked)],
    [
      "POST",
      /\/tokens/,
      ({ body }) => {
        tokens.push({
          ...(tokens[0] as (typeof tokens)[number]),
          id: tokens.length + 1,
          name: String(body.name),
          scopes: body.scopes as string[],
        });
        return { status: 201, json: { ...tokens.at(-1), token: "postroom_0123456789abcdef" } };
      },
    ],
    [
      "DELETE",
      /\/tokens\/(\d+)/,
      ({ found: [id] }) => {
        tokens = tokens.filter((one) => String(one.id) !== id);
        return { status: 204 };
      },
    ],
    ["GET", /\/lockouts/, (asked) => listed(lockouts, asked)],
    [
      "DELETE",
      /\/lockouts\/([^/]+)/,
      () => {
        lockouts = [];
        return { status: 204 };
      },
    ],
  ];
}
