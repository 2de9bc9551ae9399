/** Every language has every text, with the same places for values; and every text that the pages ask for is there. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { LANGUAGES, languageFor, type Texts } from "@shared/i18n/setup";
import { describe, expect, it } from "vitest";

const ROOT = join(import.meta.dirname, "..");
const FOLDER = join(ROOT, "src", "messages");

function texts(language: string): Texts {
  const folder = join(FOLDER, language);
  return Object.assign({}, ...readdirSync(folder).map((file) => JSON.parse(readFileSync(join(folder, file), "utf8"))));
}

/** English counts one and many; the other three do not. */
const bare = (key: string) => key.replace(/_(one|other)$/, "");
const keys = (language: string) => new Set(Object.keys(texts(language)).map(bare));
/** Settings are said in English by the server, so that English has no texts of its own for them. */
const isOwn = (key: string) => !/^setting\.[a-z0-9_]+\./.test(key);
const places = (text: string) => [...text.matchAll(/{{(\w+)}}/g)].map(([, name]) => name).sort();

function sources(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return entry.name === "node_modules" ? [] : sources(path);
    return /\.tsx?$/.test(entry.name) ? [readFileSync(path, "utf8")] : [];
  });
}

const OTHERS = Object.keys(LANGUAGES).filter((language) => language !== "en");

describe("the texts", () => {
  const english = texts("en");
  const wanted = [...keys("en")];

  it.each(OTHERS)("of %s are complete", (language) => {
    const has = keys(language);
    expect(wanted.filter((key) => !has.has(key))).toEqual([]);
    expect([...has].filter((key) => isOwn(key) && !keys("en").has(key))).toEqual([]);
  });

  it.each(OTHERS)("of %s leave the same places for values", (language) => {
    const other = texts(language);
    const differing = Object.entries(other).filter(([key, text]) => {
      const ours = english[key] ?? english[`${bare(key)}_other`];
      return ours !== undefined && String(places(text)) !== String(places(ours));
    });
    expect(differing.map(([key]) => key)).toEqual([]);
  });

  it("of settings are there in every language or in none", () => {
    const [first, ...rest] = OTHERS.map((language) => [...keys(language)].filter((key) => !isOwn(key)).sort());
    for (const other of rest) expect(other).toEqual(first);
    expect(first?.length).toBeGreaterThan(60);
  });

  it("that the pages ask for are there, and no others", () => {
    const all = [...sources(join(ROOT, "src")), ...sources(join(ROOT, "..", "shared"))].join("\n");
    const asked = [...all.matchAll(/\bt\(\s*"([^"]+)"/g)].map(([, key]) => key ?? "");
    expect(asked.length).toBeGreaterThan(100);
    expect(asked.filter((key) => !keys("en").has(key))).toEqual([]);
    const stems = [...all.matchAll(/`([a-z_.]+\.)\$\{/g)].map(([, stem]) => stem ?? "");
    const quoted = new Set([...all.matchAll(/"([a-z0-9_.]+)"/g)].map(([, key]) => key));
    const unused = wanted.filter((key) => !quoted.has(key) && !stems.some((stem) => key.startsWith(stem)));
    expect(unused).toEqual([]);
  });
});

describe("the language of a browser", () => {
  it.each([
    [["ja-JP", "en"], "ja"],
    [["zh-TW"], "zh-CN"],
    [["de", "ko-KR"], "ko"],
    [["fr"], "en"],
  ])("%j is served in %s", (wishes, expected) => expect(languageFor(wishes)).toBe(expected));
});
