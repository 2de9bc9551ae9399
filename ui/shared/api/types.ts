/** The admin API, version 1, as TypeScript sees it. Times are Unix seconds, sizes octets. */

export type Role = "administrator" | "domain-administrator" | "user";
export type State = "ok" | "warning" | "error";

export interface Service {
  server_name: string;
  version: string;
  /** null: the built-in one. */
  logo: { version: string; width: number; height: number } | null;
  needs_setup?: boolean;
  languages: string[];
}

export interface Session {
  account: { address: string; display_name: string; role: Role; domains: string[] | null };
  csrf_token: string;
  expires_at: number;
  second_factor: boolean;
  must_set_second_factor: boolean;
  scopes: string[];
  version: string;
}

export interface Overview {
  health: { name: string; title: string; state: State; text: string; page: string }[];
  mail_flow: {
    step: number;
    start: number;
    received: number[];
    sent: number[];
    deferred: number[];
    rejected: number[];
    bounced: number[];
  };
  queue: { waiting: number; held: number; oldest_at: number | null };
  storage: { total: number; used: number; free: number; mail: number | null };
  certificate: { name: string; names: string[]; not_after: number | null; self_signed: boolean } | null;
  counts: { accounts: number; domains: number; groups: number; connections: number };
  processes: {
    pid: number;
    index: number;
    serves: string;
    since: number;
    restarts: number;
    memory: number | null;
  }[];
  started_at: number;
  version: string;
}

export type SettingValue = boolean | number | string | string[] | Record<string, string> | null;

export interface Field {
  path: string;
  title: string;
  help: string;
  group: string;
  group_title: string;
  type: "switch" | "number" | "text" | "choice" | "list" | "map" | "secret";
  unit: string;
  value: SettingValue;
  default: SettingValue;
  minimum: number | null;
  maximum: number | null;
  max_length: number | null;
  /** What may be chosen; in a map, the values. */
  options: string[];
  /** The names that a map may have; none where any will do. */
  keys: string[];
}

export interface SettingsPage {
  name: string;
  title: string;
  fields: Field[];
}

export interface Settings {
  version: number;
  pages: SettingsPage[];
}

export interface SettingChange {
  path: string;
  title: string;
  old: SettingValue;
  new: SettingValue;
}

export interface SettingsChanged {
  version: number;
  changed: SettingChange[];
  warnings: string[];
}

export interface SettingsVersion {
  version: number;
  changed_at: number;
  changed_by: string;
  summary: string;
  /** null for a version that this program does not know any more. */
  changed: SettingChange[] | null;
}

export interface ListenerState {
  name: string;
  title: string;
  address: string;
  port: number;
  open: boolean;
  error: string;
  tls: "implicit" | "starttls" | "none";
}

export interface NetworkInterface {
  name: string;
  addresses: string[];
  is_up: boolean;
  is_loopback: boolean;
  chosen: boolean;
}

export interface Connection {
  id: string;
  account: string;
  protocol: string;
  address: string;
  client: string;
  tls: string;
  since: number;
  worker: number;
}

export interface SearchIndex {
  state: "off" | "paused" | "indexing" | "up_to_date";
  indexed: number;
  waiting: number;
  size: number;
  accounts: number;
  accounts_in_all: number;
  accounts_waiting: number;
  per_second: number;
  seconds_left: number | null;
}

export interface AccountIndex {
  account_id: number;
  address: string;
  indexed: number;
  waiting: number;
  size: number;
}

export interface QueueEntry {
  id: number;
  message_id: number;
  /** null: a report, which has no sender. */
  sender: string | null;
  recipient: string;
  size: number;
  queued_at: number;
  next_attempt_at: number | null;
  attempts: number;
  last_reply: string;
  status: string;
  held: boolean;
  working: boolean;
}

export interface QueueMessage extends QueueEntry {
  headers: string;
  attempts_made: { at: number; progress: string; reply: string; status: string; host: string; tls: string }[];
  recipients: QueueEntry[];
}

export interface Job {
  id: number;
  kind: string;
  title: string;
  state: "running" | "done" | "failed" | "cancelled";
  done: number;
  total: number;
  text: string;
  started_at: number;
  ended_at: number | null;
  result: Record<string, unknown>;
}

export interface AuditEntry {
  id: number;
  at: number;
  who: string;
  what: string;
  subject: string;
  address: string;
}

export interface Backup {
  name: string;
  made_at: number;
  size: number;
}
