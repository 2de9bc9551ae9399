/** TLS, certificates, lock-outs and tokens of the admin API. */

export interface TlsProfile {
  name: string;
  title: string;
  versions: string[];
  ciphers: string[];
  missing: string[];
  warning: string | null;
}

export interface Tls {
  guidelines: string;
  profiles: TlsProfile[];
  listeners: { name: string; profile: string; override: string | null; effective: string }[];
}

export interface Refused {
  total: number;
  items: { account: string; protocol: string; tls: string; cipher: string; client: string | null; last_at: number }[];
}

export interface Certificate {
  name: string;
  subject: string;
  names: string[];
  issuer: string;
  not_before: number;
  not_after: number;
  self_signed: boolean;
  key: string;
  source: "self-signed" | "upload" | "acme";
  is_default: boolean;
  problems: string[];
  renew_at: number | null;
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
] as const;
