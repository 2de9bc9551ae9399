import { guard } from "@shared/components/guard";
import { screen, waitFor, within } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { expectAccessible, open, title } from "./pages";

const bar = () => screen.findByRole("region", { name: "Unsaved changes" });

describe("a page of settings", () => {
  it("is accessible", async () => {
    await open("/service/protocol/imap_pop3");
    await screen.findByRole("switch", { name: "IMAP SSL/TLS" });
    await expectAccessible();
  });

  it("saves as a whole, says what changed, and takes it back", async () => {
    const { user, fake } = await open("/service/protocol/smtp");
    const banner = await screen.findByLabelText("Banner");
    await user.clear(banner);
    await user.type(banner, "Hello");
    await user.click(screen.getByRole("switch", { name: "Enable LMTP" }));
    expect(await bar()).toHaveTextContent("2 unsaved changes");
    await user.click(within(await bar()).getByRole("button", { name: "Save" }));
    const notices = screen.getByRole("region", { name: "Notices" });
    await within(notices).findByText("Banner: Postroom → Hello");
    expect(fake.log.filter(({ method }) => method === "PATCH").map(({ body }) => body)).toEqual([
      { version: 1, changes: { "smtp.banner": "Hello", "smtp.lmtp.enabled": true } },
    ]);
    expect(screen.queryByRole("region", { name: "Unsaved changes" })).toBeNull();
    await user.click(within(notices).getByRole("button", { name: "Undo" }));
    await waitFor(() => expect(screen.getByLabelText("Banner")).toHaveValue("Postroom"));
  });

  it("shows at once what is out of bounds, and soon what the server refuses", async () => {
    const { user } = await open("/service/protocol/smtp");
    const [port] = await screen.findAllByLabelText("Port");
    if (!port) throw new Error("no port");
    await user.clear(port);
    await user.type(port, "70000");
    expect(port).toHaveAccessibleDescription(/At most 65535/);
    expect(within(await bar()).getByRole("button", { name: "Save" })).toBeDisabled();
    await user.clear(port);
    await user.type(port, "465");
    await waitFor(() => expect(port).toHaveAccessibleDescription(/taken by submissions/));
  });

  it("explains when the settings were changed meanwhile, and keeps the draft if wished", async () => {
    const { user, fake } = await open("/service/protocol/smtp");
    const banner = await screen.findByLabelText("Banner");
    fake.answer("PATCH", "/api/v1/settings", JSON.stringify({ version: 1, changes: { "smtp.max_hops": 60 } }));
    await user.clear(banner);
    await user.type(banner, "Hello");
    await user.click(within(await bar()).getByRole("button", { name: "Save" }));
    const dialog = await screen.findByRole("alertdialog", { name: "The settings changed meanwhile" });
    await user.click(within(dialog).getByRole("button", { name: "Keep my changes" }));
    await waitFor(() => expect(screen.getByLabelText("Most hops")).toHaveValue("60"));
    expect(screen.getByLabelText("Banner")).toHaveValue("Hello");
    await user.click(within(await bar()).getByRole("button", { name: "Save" }));
    await screen.findByText("Saved and in effect");
  });

  it("asks before it is left with unsaved changes, by a link and by Back", async () => {
    const { user } = await open("/about");
    await guard.navigate("/console/service/protocol/search");
    await user.click(await screen.findByRole("switch", { name: "Enable full-text search" }));
    await user.click(screen.getByRole("link", { name: "About" }));
    const dialog = await screen.findByRole("alertdialog", { name: "Leave without saving?" });
    await user.click(within(dialog).getByRole("button", { name: "Cancel" }));
    await title("Protocol");
    window.history.back();
    await screen.findByRole("alertdialog", { name: "Leave without saving?" });
    await user.click(screen.getByRole("button", { name: "Leave" }));
    await waitFor(() => expect(guard.here).not.toBe("/console/service/protocol/search"));
  });

  it("never shows a secret, and can take it away", async () => {
    const { user, fake } = await open("/service/protocol/relay");
    await user.type(await screen.findByLabelText("Password at the smart host"), "s3cret");
    await user.click(within(await bar()).getByRole("button", { name: "Save" }));
    await screen.findByText("Saved and in effect");
    const [sent] = fake.log.filter(({ method }) => method === "PATCH");
    expect(sent?.body.changes).toEqual({ "relay.smart_host_password": "s3cret" });
  });
});
