import { screen, waitFor } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { problem } from "./fake_api";
import { expectAccessible, open, title } from "./pages";

async function login(user: Awaited<ReturnType<typeof open>>["user"], password: string): Promise<void> {
  await user.clear(await screen.findByLabelText("Address or user name"));
  await user.type(screen.getByLabelText("Address or user name"), "postmaster@example.com");
  await user.type(screen.getByLabelText("Password"), password);
  await user.click(screen.getByRole("button", { name: "Sign in" }));
}

describe("logging in", () => {
  it("leads to the page that was asked for", async () => {
    const { user } = await open("/audit", (fake) => {
      fake.isLoggedIn = false;
    });
    await title("Sign in to Postroom");
    await expectAccessible();
    await login(user, "correct");
    await title("Audit log");
  });

  it("says that a password is wrong and keeps what was typed", async () => {
    const { user } = await open("/", (fake) => {
      fake.isLoggedIn = false;
    });
    await login(user, "guess");
    expect(await screen.findByRole("alert")).toHaveTextContent("wrong");
    expect(screen.getByLabelText("Address or user name")).toHaveValue("postmaster@example.com");
  });

  it("asks for a code where the account has a second factor", async () => {
    const { user } = await open("/", (fake) => {
      fake.isLoggedIn = false;
      fake.wantsCode = true;
    });
    await login(user, "correct");
    await user.type(await screen.findByLabelText("Code"), "123 456");
    await user.click(screen.getByRole("button", { name: "Sign in" }));
    await title("Overview");
  });

  it("counts down when the server slows it", async () => {
    const { user } = await open("/", (fake) => {
      fake.isLoggedIn = false;
      fake.set("POST", /\/session/, () => ({ ...problem(429, "slow"), headers: { "Retry-After": "30" } }));
    });
    await login(user, "correct");
    expect(await screen.findByRole("alert")).toHaveTextContent("30 seconds");
    expect(screen.getByRole("button", { name: "Sign in" })).toBeDisabled();
  });

  it("comes back when a session ends, and what was typed on the page is still there", async () => {
    const { user, fake } = await open("/service/protocol/smtp");
    const banner = await screen.findByLabelText("Banner");
    await user.clear(banner);
    await user.type(banner, "Hello");
    fake.isLoggedIn = false;
    await user.click(await screen.findByRole("button", { name: "Save" }));
    await title("Sign in to Postroom");
    await user.type(screen.getByLabelText("Password"), "correct");
    await user.click(screen.getByRole("button", { name: "Sign in" }));
    await waitFor(() => expect(screen.getByLabelText("Banner")).toBeVisible());
    expect(screen.getByLabelText("Banner")).toHaveValue("Hello");
  });

  it("of an administrator of single domains shows domains and accounts alone", async () => {
    await open("/", (fake) => {
      fake.role = "domain-administrator";
    });
    await title("Domains");
    expect(screen.queryByRole("link", { name: "Queue" })).toBeNull();
  });

  it("says where to find the link when the server is not set up", async () => {
    await open("/", (fake) => {
      fake.isLoggedIn = false;
      fake.needsSetup = true;
    });
    await title("This server is not set up yet");
  });
});
