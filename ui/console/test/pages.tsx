/** Opens a page of the console with the fake API behind it. */
import { guard } from "@shared/components/guard";
import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import axe from "axe-core";
import { expect, vi } from "vitest";
import { App } from "../src/app";
import { languages } from "../src/languages";
import { FakeApi } from "./fake_api";

const NO_BODY = new Set([204, 304]);

export interface Opened {
  fake: FakeApi;
  user: ReturnType<typeof userEvent.setup>;
}

export async function open(path: string, prepare: (fake: FakeApi) => void = () => undefined): Promise<Opened> {
  const fake = new FakeApi();
  prepare(fake);
  vi.stubGlobal("fetch", async (url: string, sent: RequestInit = {}) => {
    const answer = fake.answer(sent.method ?? "GET", url, typeof sent.body === "string" ? sent.body : "");
    const status = answer.status ?? 200;
    const body = answer.content?.body ?? JSON.stringify(answer.json ?? null);
    return new Response(NO_BODY.has(status) ? null : body, {
      status,
      headers: { "Content-Type": answer.content?.type ?? "application/json", ...answer.headers },
    });
  });
  await languages.start("en");
  await guard.navigate(`/console${path}`, { replace: true });
  render(<App />);
  return { fake, user: userEvent.setup() };
}

/** The title of the page, once it is there. */
export function title(name: string | RegExp): Promise<HTMLElement> {
  return screen.findByRole("heading", { level: 1, name });
}

/** Faults that axe finds; colours are looked at in a browser, since there is no layout here. */
export async function expectAccessible(): Promise<void> {
  const { violations } = await axe.run(document.body, { rules: { "color-contrast": { enabled: false } } });
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`)).toEqual([]);
}
