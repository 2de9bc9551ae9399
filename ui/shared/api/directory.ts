/** Domains, accounts, groups and aliases of the admin API. */
import type { Role } from "./types";

export interface Domain {
  name: string;
  is_primary: boolean;
  accounts: number;
  aliases: number;
  catch_all: string | null;
  sending_limit: number | null;
  account_quota: number | null;
  largest_attachment: number | null;
  address_format: string | null;
  administrators: string[];
}

export interface DnsRecord {
  kind: string;
  purpose: string;
  name: string;
  value: string;
  state: "ok" | "missing" | "different" | "unknown";
  found: string[];
  needed: boolean;
}

export interface DomainKey {
  selector: string;
  algorithm: string;
  state: string;
  made_at: number | null;
  active_at?: number | null;
  retired_at?: number | null;
  record?: string;
}

export interface Account {
  id: number;
  address: string;
  display_name: string;
  role: Role;
  disabled: boolean;
  quota: number | null;
  used: number | null;
  messages: number | null;
  sending_limit: number | null;
  aliases: string[];
  groups: string[];
  domains?: string[];
  created_at: number | null;
  last_login_at: number | null;
  second_factor: boolean;
}

export interface AppPassword {
  id: number;
  name: string;
  protocols: string[];
  created_at: number;
  last_used_at: number | null;
  password?: string;
}

export interface Group {
  id: number;
  name: string;
  address: string;
  members: string[];
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
    changes: string[] | Record<string, unknown>;
    error: string | null;
  }[];
  counts: Record<string, number>;
}
