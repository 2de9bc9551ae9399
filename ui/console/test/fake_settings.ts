/** Settings, listeners and interfaces of the fake: the true list of fields, in memory. */
import { type Answer, type Asked, NOW, problem, type Route } from "./fake_api.ts";
import pages from "./settings.json" with { type: "json" };

interface FakeField {
  path: string;
  title: string;
  type: string;
  value: unknown;
  minimum: number | null;
  maximum: number | null;
}

interface Change {
  path: string;
  title: string;
  old: unknown;
  new: unknown;
}

export function settingsRoutes(): Route[] {
  const mine = structuredClone(pages) as { name: string; title: string; fields: FakeField[] }[];
  const fields = new Map(mine.flatMap((page) => page.fields).map((field) => [field.path, field]));
  const history: { version: number; changed_at: number; changed_by: string; summary: string; changed: Change[] }[] = [];
  let version = 1;

  const examine = ({ body }: Asked): { changed: Change[]; refused: Answer | null } => {
    const errors: Record<string, string> = {};
    const changed: Change[] = [];
    for (const [path, value] of Object.entries(body.changes as Record<string, unknown>)) {
      const field = fields.get(path);
      if (!field) errors[path] = "there is no such setting";
      else if (path === "smtp.server_name" && !/^[a-z0-9.-]+$/.test(String(value))) errors[path] = "a name is wanted";
      else if (typeof value === "number" && field.maximum !== null && value > field.maximum)
        errors[path] = `at most ${field.maximum} is wanted`;
      else changed.push({ path, title: field.title, old: field.value, new: value });
    }
    const ports = changed.filter(({ path }) => path.endsWith(".port"));
    for (const { path, new: port } of ports) {
      const other = [...fields.values()].find(
        (field) => field.path !== path && field.path.endsWith(".port") && field.value === port,
      );
      if (other) errors[path] = `port ${port} is taken by ${other.path.split(".")[1]}`;
    }
    const detail = Object.entries(errors)
      .map(([path, text]) => `${path}: ${text}`)
      .join("; ");
    return { changed, refused: detail ? problem(422, detail, errors) : null };
  };
  const apply = (changed: Change[]) => {
    for (const { path, new: value } of changed) {
      const field = fields.get(path);
      if (field) field.value = value;
    }
    version += 1;
    history.unshift({ version, changed_at: NOW, changed_by: "postmaster@example.com", summary: "", changed });
    return { json: { version, changed, warnings: [] } };
  };
  return [
    ["GET", /\/settings/, () => ({ json: { version, pages: mine } })],
    [
      "POST",
      /\/settings\/validate/,
      (asked) => {
        const { changed, refused } = examine(asked);
        return refused ?? { json: { version, changed, warnings: [] } };
      },
    ],
    [
      "PATCH",
      /\/settings/,
      (asked) => {
        if (asked.body.version !== undefined && asked.body.version !== version)
          return problem(409, "the settings changed meanwhile");
        const { changed, refused } = examine(asked);
        return refused ?? apply(changed);
      },
    ],
    [
      "POST",
      /\/settings\/undo/,
      () => {
        const [last] = history;
        if (!last) return problem(409, "there is nothing to take back");
        return apply(last.changed.map((one) => ({ ...one, old: one.new, new: one.old })));
      },
    ],
    ["GET", /\/settings\/history/, () => ({ json: { items: history, total: history.length } })],
    [
      "GET",
      /\/listeners/,
      () => {
        const names = ["mx", "submissions", "submission", "pop3", "pop3s", "imap", "imaps"];
        const items = names.map((name) => ({
          name,
          title: name,
          address: "*",
          port: [...fields.values()].find(({ path }) => path.endsWith(`.${name}.port`))?.value,
          open: name !== "pop3",
          error: name === "pop3" ? "port 110 is used by another program" : "",
          tls: name.endsWith("s") ? "implicit" : "starttls",
        }));
        return { json: { items, total: items.length } };
      },
    ],
    [
      "GET",
      /\/interfaces/,
      () => ({
        json: {
          items: [
            { name: "lo", addresses: ["127.0.0.1", "::1"], is_up: true, is_loopback: true, chosen: true },
            { name: "eth0", addresses: ["192.0.2.10", "2001:db8::10"], is_up: true, is_loopback: false, chosen: true },
            { name: "eth1", addresses: [], is_up: false, is_loopback: false, chosen: false },
          ],
          total: 3,
        },
      }),
    ],
  ];
}
