/** Groups and aliases of the fake. */
import { listed, type Route } from "./fake_api.ts";

export function groupRoutes(): Route[] {
  let groups = [
    {
      id: 1,
      name: "Team",
      address: "team@example.com",
      members: ["postmaster@example.com", "office@example.com", "sales@example.com"],
      member_count: 3,
      description: "Everybody in the house",
    },
  ];
  let aliases = [
    { address: "info@example.com", targets: ["office@example.com"], domain: "example.com" },
    { address: "hello@example.com", targets: ["office@example.com", "sales@example.com"], domain: "example.com" },
  ];
  return [
    ["GET", /\/groups/, (asked) => listed(groups, asked)],
    [
      "POST",
      /\/groups/,
      ({ body }) => {
        groups.push({ ...(groups[0] as (typeof groups)[number]), ...body, id: groups.length + 1 });
        return { status: 201, json: groups.at(-1) };
      },
    ],
    ["GET", /\/groups\/(\d+)/, ({ found: [id] }) => ({ json: groups.find((one) => String(one.id) === id) })],
    [
      "PATCH",
      /\/groups\/(\d+)/,
      ({ found: [id], body }) => {
        groups = groups.map((one) => (String(one.id) === id ? { ...one, ...body } : one));
        return { json: groups.find((one) => String(one.id) === id) };
      },
    ],
    [
      "DELETE",
      /\/groups\/(\d+)/,
      ({ found: [id] }) => {
        groups = groups.filter((one) => String(one.id) !== id);
        return { status: 204 };
      },
    ],
    [
      "GET",
      /\/aliases/,
      (asked) =>
        listed(
          aliases.filter((one) => !asked.query.get("domain") || one.domain === asked.query.get("domain")),
          asked,
        ),
    ],
    [
      "POST",
      /\/aliases/,
      ({ body }) => {
        const address = String(body.address);
        aliases.push({ address, targets: [String(body.target ?? body.targets)], domain: address.split("@")[1] ?? "" });
        return { status: 201, json: aliases.at(-1) };
      },
    ],
    [
      "DELETE",
      /\/aliases\/([^/]+)/,
      ({ found: [address] }) => {
        aliases = aliases.filter((one) => one.address !== address);
        return { status: 204 };
      },
    ],
  ];
}
