/** Domains, accounts, groups and aliases of the admin API. */
import type { Role } from "./types";

export interface Domain {
  name: string;
  is_primary: boolean;
  accounts: number;
  aliases: number;
  groups: number;
  catch_all: string | null;
  sending_limit: number | null;
  account_quota: number | null;
  largest_attachment: number | null;
  address_format: string;
  administrators: string[];
}

export interface DnsRecord {
  kind: string;
  purpose: string;
  name: string;
  value: string;
  note: string;
  state: "ok" | "missing" | "different" | "unknown";
  found: string[];
  needed: boolean;
}

export interface DomainKey {
  selector: string;
  algorithm: string;
  state: string;
  created_at: number;
  active_at: number | null;
  retired_at: number | null;
  name: string;
  record: string;
}

export interface Account {
  id: number;
  address: string;
  display_name: string;
  role: Role;
  disabled: boolean;
  has_password: boolean;
  quota: number | null;
  used: number | null;
  messages: number | null;
  sending_limit: number | null;
  aliases: string[];
  groups: string[];
  /** Those that a domain administrator administers. */
  domains: string[];
  created_at: number;
  last_login_at: number | null;
  second_factor: boolean;
}

export interface AppPassword {
  id: number;
  name: string;
  protocols: string[];
  created_at: number;
  last_used_at: number | null;
  /** Shown once, when it is made. */
  password?: string;
}

export interface Group {
  id: number;
  name: string;
  address: string;
  /** Only where one group is read. */
  members?: string[];
  member_count: number;
  description: string;
}

export interface Alias {
  address: string;
  targets: string[];
  domain: string;
}

export interface ImportPreview {
  rows: {
    line: number;
    address: string;
    action: "add" | "change" | "same" | "error";
    changes: string[];
    error: string;
  }[];
  counts: Record<string, number>;
}
