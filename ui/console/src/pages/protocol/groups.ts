/** How the fields of a long page are put together, where the server does not say it. */
import type { Field } from "@shared/api/types";

const GROUPS: readonly (readonly [pattern: RegExp, name: string])[] = [
  [/^relay\.(first_retry|longest_retry|warn_after|give_up_after)$/, "retries"],
  [/^relay\.(mta_sts|dane|tls_reports)$/, "transport"],
  [/^relay\.smart_host/, "smart_host"],
  [/^checks\.(reverse_dns|spf|dkim|dmarc|author|arc_)/, "sender"],
  [/^checks\.dnsbl/, "block_lists"],
  [/^checks\.greylisting/, "greylisting"],
  [/^checks\.messages_per_/, "rates"],
  [/^limits\.(\w+_timeout|greeting_pause)$/, "deadlines"],
  [/^limits\.(connections|unknown_|worker_)/, "load"],
  [/^limits\.(trusted_|proxy_)/, "networks"],
];

export interface Group {
  /** Empty: the fields of the page that belong to no group. */
  name: string;
  /** As the server says it; empty where the group is ours. */
  title: string;
  fields: Field[];
}

export function grouped(fields: readonly Field[]): Group[] {
  const groups = new Map<string, Group>();
  for (const field of fields) {
    const ours = field.group ? "" : (GROUPS.find(([pattern]) => pattern.test(field.path))?.[1] ?? "");
    const name = field.group || ours;
    const group = groups.get(name) ?? { name, title: field.group_title, fields: [] };
    group.fields.push(field);
    groups.set(name, group);
  }
  return [...groups.values()];
}
