/** What administrators do, from the press of a button to what the server was asked. */
import { screen, waitFor, within } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { open, title } from "./pages";

describe("users", () => {
  it("are added, and a refusal is shown at its field", async () => {
    const { user, fake } = await open("/accounts/users");
    await user.click(await screen.findByRole("button", { name: "Add user" }));
    const dialog = await screen.findByRole("dialog", { name: "Add user" });
    await user.type(within(dialog).getByLabelText("Name"), "Front desk");
    await user.type(within(dialog).getByLabelText("Address"), "front");
    await user.type(within(dialog).getByLabelText("Password"), "short");
    await user.click(within(dialog).getByRole("button", { name: "Add" }));
    await waitFor(() =>
      expect(within(dialog).getByLabelText("Password")).toHaveAccessibleDescription(/at least 10 characters/),
    );
    await user.click(within(dialog).getByRole("button", { name: "Make one" }));
    const password = within(dialog).getByLabelText<HTMLInputElement>("Password").value;
    expect(password).toMatch(/^([a-zA-Z2-9]{5}-){3}[a-zA-Z2-9]{5}$/);
    await user.click(within(dialog).getByRole("button", { name: "Add" }));
    await screen.findByText("front@example.com added");
    expect(fake.log.filter(({ method, path }) => method === "POST" && path === "/accounts").at(-1)?.body).toEqual({
      address: "front@example.com",
      display_name: "Front desk",
      password,
      role: "user",
    });
  });

  it("are searched on the server, and the address of the page keeps it", async () => {
    const { user, fake } = await open("/accounts/users");
    await user.type(await screen.findByRole("searchbox"), "desk7");
    await screen.findByRole("link", { name: "desk70@example.org" });
    expect(fake.log.at(-1)?.query.get("search")).toBe("desk7");
    expect(window.location.search).toContain("search=desk7");
  });

  it("are removed only when the address is typed", async () => {
    const { user, fake } = await open("/accounts/users/3");
    await title("sales@example.com");
    await user.click(screen.getByRole("button", { name: "Remove" }));
    const dialog = await screen.findByRole("alertdialog");
    const remove = within(dialog).getByRole("button", { name: "Remove" });
    expect(remove).toBeDisabled();
    await user.type(within(dialog).getByRole("textbox"), "sales@example.com");
    await user.click(remove);
    await title("Users");
    expect(fake.log.filter(({ method }) => method === "DELETE").map(({ path }) => path)).toEqual(["/accounts/3"]);
  });

  it("get app passwords that are shown once", async () => {
    const { user } = await open("/accounts/users/3");
    const section = (await screen.findByRole("heading", { name: "App passwords" })).closest("section");
    if (!section) throw new Error("no section");
    await user.click(within(section).getByRole("button", { name: "Add" }));
    await user.type(await screen.findByLabelText("Name", { selector: "[name=name]" }), "Tablet");
    await user.click(screen.getByRole("button", { name: "Create" }));
    const shown = await screen.findByRole("alertdialog", { name: "The app password" });
    within(shown).getByText("abcd-efgh-ijkl-mnop");
    await user.click(within(shown).getByRole("button", { name: "Done" }));
    await waitFor(() => expect(screen.queryByText("abcd-efgh-ijkl-mnop")).toBeNull());
  });

  it("come from a table after a look at what it would do", async () => {
    const { user, fake } = await open("/accounts/import");
    const file = new File(["address\nnew@example.com\n"], "people.csv", { type: "text/csv" });
    await screen.findByRole("button", { name: "Choose a file" });
    const chooser = document.querySelector<HTMLInputElement>("input[type=file]");
    if (!chooser) throw new Error("no chooser");
    await user.upload(chooser, file);
    await screen.findByText("there is no domain elsewhere.example");
    expect(fake.log.at(-1)?.query.get("dry_run")).toBe("true");
    await user.click(screen.getByRole("button", { name: "Do 2 changes" }));
    await screen.findByRole("link", { name: "To the users" });
  });
});

describe("the queue", () => {
  it("does the same to all that is selected, and asks before it deletes", async () => {
    const { user, fake } = await open("/queue");
    await user.click(await screen.findByRole("checkbox", { name: /Select someone1@/ }));
    await user.click(screen.getByRole("checkbox", { name: /Select someone2@/ }));
    await user.click(screen.getByRole("button", { name: "Hold" }));
    await screen.findByText("2 held");
    expect(fake.log.find(({ path }) => path === "/queue/actions")?.body).toEqual({ action: "hold", ids: [1, 2] });
    await user.click(screen.getByRole("checkbox", { name: "Select all on this page" }));
    await user.click(screen.getByRole("button", { name: "Select all 64 found" }));
    await user.click(screen.getByRole("button", { name: "Delete" }));
    const dialog = await screen.findByRole("alertdialog", { name: "Delete 64 recipients from the queue?" });
    await user.click(within(dialog).getByRole("button", { name: "Delete" }));
    await waitFor(() =>
      expect(fake.log.filter(({ path }) => path === "/queue/actions").at(-1)?.body).toEqual({
        action: "delete",
        search: "",
        state: "all",
      }),
    );
  });
});

describe("security", () => {
  it("says who would be shut out before a profile is saved", async () => {
    const { user } = await open("/security/tls");
    await user.click(await screen.findByRole("radio", { name: /Modern/ }));
    await screen.findByText(/would shut out 1 account/);
    screen.getByText("desk3@example.org");
    await user.click(screen.getByRole("radio", { name: /Old/ }));
    await screen.findByText(/Nobody who logged in/);
    screen.getByText(/RFC 8996 forbids/);
  });

  it("examines a certificate before it is kept", async () => {
    const { user, fake } = await open("/security/certificates");
    await user.click(await screen.findByRole("button", { name: "Upload" }));
    const dialog = await screen.findByRole("dialog", { name: "Upload" });
    await user.type(within(dialog).getByLabelText("Certificate and chain"), "nothing");
    await user.type(within(dialog).getByLabelText("Private key"), "key");
    await screen.findByText("this is no certificate in PEM form");
    const keep = within(dialog).getByRole("button", { name: "Keep it" });
    expect(keep).toBeDisabled();
    await user.clear(within(dialog).getByLabelText("Certificate and chain"));
    await user.type(within(dialog).getByLabelText("Certificate and chain"), "-----BEGIN CERTIFICATE-----");
    await screen.findByText("It is whole, and fits its key.");
    await user.click(keep);
    await waitFor(() =>
      expect(fake.log.some(({ method, path }) => method === "POST" && path === "/certificates")).toBe(true),
    );
  });

  it("shows a new token once", async () => {
    const { user, fake } = await open("/security/tokens");
    await user.click(await screen.findByRole("button", { name: "New token" }));
    const dialog = await screen.findByRole("dialog", { name: "New token" });
    await user.type(within(dialog).getByLabelText("Name"), "Graphs");
    await user.click(within(dialog).getByRole("checkbox", { name: "health:read" }));
    await user.click(within(dialog).getByRole("button", { name: "Create" }));
    await screen.findByText("postroom_0123456789abcdef");
    expect(fake.log.find(({ method, path }) => method === "POST" && path === "/tokens")?.body).toEqual({
      name: "Graphs",
      scopes: ["health:read"],
      days: 90,
    });
  });

  it("sets up a second factor with a QR code and recovery codes", async () => {
    const { user } = await open("/account");
    await user.click(await screen.findByRole("button", { name: "Set up" }));
    await user.type(await screen.findByLabelText("Password", { selector: "input" }), "correct");
    await user.click(screen.getByRole("button", { name: "Continue" }));
    const picture = await screen.findByRole("img", { name: "QR code of the second factor" });
    expect(picture).toHaveAttribute("src", expect.stringContaining("data:image/svg+xml,"));
    await user.type(screen.getByLabelText("Code"), "123456");
    await user.click(screen.getByRole("button", { name: "Turn on" }));
    await screen.findByText(/abcd-efgh/);
  });
});

describe("the first set-up", () => {
  it("goes on where it was, shows its token, and ends", async () => {
    const state = { server_name: "localhost.localdomain", domain: "", administrator: "" };
    const { user, fake } = await open("/setup/link", (before) => {
      before.isLoggedIn = false;
      before.set("GET", /\/setup/, () => ({
        json: { ...state, certificate_names: ["mail.example.com"], certificate_is_self_signed: true },
      }));
    });
    await user.type(await screen.findByLabelText("Server name", { selector: "input" }), "mail.example.net");
    state.server_name = "mail.example.net";
    fake.isLoggedIn = true;
    await user.click(screen.getByRole("button", { name: "Continue" }));
    expect(await screen.findByLabelText("Domain", { selector: "input" })).toHaveValue("example.net");
    state.domain = "example.net";
    await user.click(screen.getByRole("button", { name: "Continue" }));
    expect(await screen.findByLabelText("Address", { selector: "input" })).toHaveValue("postmaster@example.net");
    await user.click(screen.getByRole("button", { name: "Make one" }));
    state.administrator = "postmaster@example.net";
    await user.click(screen.getByRole("button", { name: "Continue" }));
    await screen.findByText("signed by itself");
    await user.click(screen.getByRole("button", { name: "Continue" }));
    await screen.findByRole("button", { name: "Finish" });
    const sent = fake.log.filter(({ method }) => method !== "GET").map(({ method, path }) => `${method} ${path}`);
    expect(sent).toEqual(["PATCH /settings", "POST /domains", "POST /accounts"]);
  });
});
