/** The built pages with the fake API behind them, under the true content policy: `node console/test/serve.ts [port]`. */
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { extname } from "node:path";
import { fileURLToPath } from "node:url";
import { FakeApi } from "./fake_api.ts";

const built = fileURLToPath(new URL("../../../src/postroom/web/console/", import.meta.url));
const TYPES: Record<string, string> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".css": "text/css",
  ".svg": "image/svg+xml",
};
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

const fake = new FakeApi();
const server = createServer(async (request, response) => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const url = request.url ?? "/";
  response.setHeader("Content-Security-Policy", POLICY);
  if (url.startsWith("/api/")) {
    const answer = fake.answer(request.method ?? "GET", url, Buffer.concat(chunks).toString());
    const type = answer.content?.type ?? "application/json";
    response.writeHead(answer.status ?? 200, { "Content-Type": type, ...answer.headers });
    response.end(answer.content?.body ?? (answer.json === undefined ? undefined : JSON.stringify(answer.json)));
    return;
  }
  const path = new URL(url, "http://localhost").pathname.replace(/^\/console\//, "");
  const file = extname(path) in TYPES ? path : "index.html";
  try {
    const content = await readFile(built + file);
    response.writeHead(200, { "Content-Type": TYPES[extname(file)] ?? "application/octet-stream" });
    response.end(content);
  } catch {
    response.writeHead(404).end();
  }
});
server.listen(Number(process.argv[2] ?? 18_080), "127.0.0.1");
