/** Sizes, spans and moments in words; round numbers of the chart; units of sizes; pages that checks mean. */
import { unitOf } from "@shared/components/SizeInput";
import { Format } from "@shared/i18n/format";
import { describe, expect, it } from "vitest";
import { ceiling } from "../src/pages/overview/MailFlow";
import { placeOf } from "../src/pages/overview/places";
import { grouped } from "../src/pages/protocol/groups";
import { newPassword } from "../src/pages/users/password";

const english = new Format("en");

describe("a size", () => {
  it.each([
    [0, "0 bytes"],
    [1, "1 byte"],
    [1023, "1,023 bytes"],
    [1024, "1 kB"],
    [1536, "1.5 kB"],
    [150 * 1024 ** 2, "150 MB"],
    [3 * 1024 ** 4, "3 TB"],
  ])("%i is %s", (octets, text) => expect(english.size(octets)).toBe(text));

  it("is typed in the largest unit that writes it without a rest", () => {
    expect([null, 1, 1024, 1536, 50 * 1024 ** 2, 2 * 1024 ** 3].map(unitOf)).toEqual([
      "MiB",
      "B",
      "KiB",
      "B",
      "MiB",
      "GiB",
    ]);
  });
});

describe("time", () => {
  it("is told from now", () => {
    expect(english.relative(1000, 1000)).toBe("now");
    expect(english.relative(940, 1000)).toBe("1 minute ago");
    expect(english.relative(1000 + 2 * 86_400, 1000)).toBe("in 2 days");
    expect(new Format("ja").relative(940, 1000)).toBe("1 分前");
  });

  it("has spans in their largest unit", () => {
    expect(english.span(90 * 86_400)).toBe("3 months");
    expect(english.span(7200)).toBe("2 hours");
    expect(new Format("ko").span(7200)).toBe("2시간");
  });
});

it("the chart ends at a round number that holds all", () => {
  expect([0, 1, 2, 7, 16, 99, 101, 590].map(ceiling)).toEqual([1, 1, 2, 8, 20, 100, 150, 600]);
});

it("a check leads to its page, and nowhere where there is none", () => {
  expect(["/protocol/smtp", "/security/certificates", "/queue", "nowhere", "/evil//example.com"].map(placeOf)).toEqual([
    "/service/protocol/smtp",
    "/security/certificates",
    "/queue",
    null,
    null,
  ]);
});

it("fields without a group of the server's are put into ours, in their order", () => {
  const field = (path: string, group = "") => ({ path, group, group_title: group }) as Parameters<typeof grouped>[0][0];
  const names = grouped([field("relay.enabled"), field("relay.mta_sts"), field("relay.x", "own"), field("relay.dane")]);
  expect(names.map(({ name, fields }) => `${name}: ${fields.length}`)).toEqual([": 1", "transport: 2", "own: 1"]);
});

it("made passwords differ and leave out signs that look alike", () => {
  const made = Array.from({ length: 50 }, newPassword);
  expect(new Set(made).size).toBe(50);
  expect(made.join("")).not.toMatch(/[0O1lI]/);
});
