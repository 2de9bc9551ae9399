/** Every page opens, has its title, and is found in order by axe. */
import { screen, waitFor } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { expectAccessible, open, title } from "./pages";

const PAGES: [path: string, title: string | RegExp][] = [
  ["/", "Overview"],
  ["/service/protocol/network", "Protocol"],
  ["/service/protocol/checks", "Protocol"],
  ["/domains", "Domains"],
  ["/domains/example.com/members", "example.com"],
  ["/domains/example.com/aliases", "example.com"],
  ["/domains/example.com/settings", "example.com"],
  ["/domains/example.com/keys", "example.com"],
  ["/domains/example.com/dns", "example.com"],
  ["/accounts/users", "Users"],
  ["/accounts/users/2", "office@example.com"],
  ["/accounts/import", "Import accounts"],
  ["/accounts/groups", "Groups"],
  ["/security/tls", "TLS profile"],
  ["/security/certificates", "Certificates"],
  ["/security/lockouts", "Lock-outs"],
  ["/security/tokens", "API tokens"],
  ["/queue", "Queue"],
  ["/queue/3", /someone3/],
  ["/connections", "Connections"],
  ["/audit", "Audit log"],
  ["/backup", "Backup"],
  ["/branding", "Branding"],
  ["/about", "About"],
  ["/account", "Your account"],
];

describe("the page", () => {
  it.each(PAGES)("%s", async (path, name) => {
    const { fake } = await open(path);
    await title(name);
    await waitFor(() => expect(screen.queryByRole("status", { name: "Loading" })).toBeNull());
    expect(screen.queryByText("This could not be read")).toBeNull();
    expect(document.title).toMatch(/ · Postroom$/);
    await expectAccessible();
    expect(fake.log.filter(({ path: asked }) => fake.answer("GET", asked, "").status === 404)).toEqual([]);
  });

  it("that is not there says so", async () => {
    await open("/nowhere");
    await screen.findByText("There is no such page");
  });

  it("that can't be read offers to try again", async () => {
    const { user, fake } = await open("/audit", (before) => {
      before.set("GET", /\/audit/, () => ({ status: 500, json: { title: "Internal Server Error", status: 500 } }));
    });
    await screen.findByText("This could not be read");
    fake.set("GET", /\/audit/, () => ({ json: { items: [], total: 0 } }));
    await user.click(screen.getByRole("button", { name: "Try again" }));
    await screen.findByText("Nothing was changed yet");
  });
});
