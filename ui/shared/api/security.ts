/** TLS, certificates, lock-outs and tokens of the admin API. */

export interface TlsProfile {
  name: string;
  title: string;
  versions: string[];
  ciphers: string[];
  missing: string[];
  warning: string;
}

export interface Tls {
  guidelines: string;
  profiles: TlsProfile[];
  listeners: { name: string; profile: string; override: string | null; effective: string }[];
}

export interface Refused {
  /** Of the logins. */
  total: number;
  accounts: number;
  items: {
    account: string;
    protocol: string;
    listener: string;
    tls: string;
    cipher: string;
    client: string;
    count: number;
    last_at: number;
  }[];
}

export interface Certificate {
  name: string;
  subject: string;
  names: string[];
  issuer: string;
  /** null: it is being ordered, or can't be read. */
  not_before: number | null;
  not_after: number | null;
  self_signed: boolean;
  key: string;
  fingerprint: string;
  source: string;
  is_default: boolean;
  problems: string[];
  renew_at: number | null;
}

export interface Acme {
  directory: string;
  email: string;
  challenges: string[];
  orders: {
    certificate: string;
    names: string[];
    challenge: string;
    state: "ordering" | "issued" | "failed";
    fault: string;
    failures: number;
    next_try_at: number;
    renew_at: number | null;
  }[];
}

export interface Token {
  id: number;
  name: string;
  scopes: string[];
  created_at: number;
  expires_at: number | null;
  used_at: number | null;
  account: string;
}

export interface Lockout {
  id: string;
  network: string;
  /** Empty: all names from there. */
  login: string;
  failures: number;
  until: number;
  delay: number;
}

export const SCOPES = [
  "settings:read",
  "settings:write",
  "accounts:read",
  "accounts:write",
  "queue:read",
  "queue:write",
  "connections:read",
  "connections:write",
  "security:read",
  "security:write",
  "audit:read",
  "health:read",
  "backup:read",
  "backup:write",
] as const;
