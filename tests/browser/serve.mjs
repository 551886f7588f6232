// For who works on the pages: serves them from their sources, so that a reload of the browser shows a change, and passes
// everything else to a daemon. `node tests/browser/serve.mjs http://localhost:7842 8000`, then http://localhost:8000.

import { createReadStream, existsSync, readFileSync } from 'node:fs';
import http from 'node:http';
import { extname, join, normalize } from 'node:path';

const TYPES = {
  '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml', '.html': 'text/html; charset=utf-8',
  '.webmanifest': 'application/manifest+json',
};
const root = new URL('../../src/face/', import.meta.url).pathname;
const POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; " +
  "connect-src 'self'; font-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; " +
  "require-trusted-types-for 'script'; trusted-types lit-html";

/** The file of an address: folders are those of build.rs. */
function source(path) {
  const [, folder, name] = path.match(/^\/assets\/(page|web|panel)\/(.+)$/) ?? [];
  if (folder) return join(root, folder === 'page' ? 'page' : `${folder}/assets`, normalize(`/${name}`));
  return undefined;
}

function send(answer, file) {
  if (!existsSync(file)) return answer.writeHead(404).end();
  answer.writeHead(200, { 'Content-Type': TYPES[extname(file)] ?? 'text/plain', 'Content-Security-Policy': POLICY, 'Cache-Control': 'no-store' });
  return createReadStream(file).pipe(answer);
}

/** Serves pages; `other(request, answer)` answers everything else. */
export function serve(port, other) {
  const server = http.createServer((request, answer) => {
    const { pathname } = new URL(request.url, 'http://x');
    const file = source(pathname);
    if (file) return send(answer, file);
    const isPage = request.method === 'GET' && request.headers.accept?.includes('text/html');
    // Relative references of a page mean those of its folder.
    if (isPage && /^\/panel/.test(pathname)) return sendPage(answer, 'panel');
    if (isPage && !/^\/(v1|bot|static)\//.test(pathname)) return sendPage(answer, 'web');
    return other(request, answer);
  });
  return new Promise(ready => server.listen(port, '127.0.0.1', () => ready(server)));
}

function sendPage(answer, folder) {
  const absolute = readFileSync(join(root, `${folder}/assets/index.html`), 'utf8')
    .replace(/"\.\.\//g, '"/assets/').replace(/"\.\//g, `"/assets/${folder}/`);
  answer.writeHead(200, { 'Content-Type': TYPES['.html'], 'Content-Security-Policy': POLICY, 'Cache-Control': 'no-store' }).end(absolute);
}

if (process.argv[1] === new URL(import.meta.url).pathname) {
  const [, , daemon = 'http://localhost:7842', port = '8000'] = process.argv;
  const { hostname, port: daemonPort } = new URL(daemon);
  await serve(Number(port), (request, answer) => {
    // As the page's own origin, so that the daemon takes it for a page of its own.
    const { origin, ...headers } = { ...request.headers, host: new URL(daemon).host };
    const onward = http.request({ hostname, port: daemonPort, path: request.url, method: request.method, headers }, got => {
      answer.writeHead(got.statusCode, got.headers);
      got.on('error', () => answer.destroy());
      got.pipe(answer);
    });
    onward.on('error', () => answer.headersSent || answer.writeHead(502).end());
    answer.on('close', () => onward.destroy());
    request.pipe(onward);
  });
  console.log(`http://localhost:${port} shows ${root} with ${daemon}`);
}
