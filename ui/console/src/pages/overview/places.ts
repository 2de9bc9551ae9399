/** The page of these pages that a check of the server means. */
const PLACES: Record<string, string> = {
  overview: "/",
  smtp: "/service/protocol/smtp",
  network: "/service/protocol/network",
  imap_pop3: "/service/protocol/imap_pop3",
  search: "/service/protocol/search",
  relay: "/service/protocol/relay",
  sending: "/service/protocol/sending",
  checks: "/service/protocol/checks",
  limits: "/service/protocol/limits",
  security: "/security/tls",
  tls: "/security/tls",
  certificates: "/security/certificates",
  certificate: "/security/certificates",
  lockouts: "/security/lockouts",
  domains: "/domains",
  accounts: "/accounts/users",
  queue: "/queue",
  connections: "/connections",
  audit: "/audit",
  backup: "/backup",
  backups: "/backup",
  about: "/about",
};

/** null where there is nothing to go to. */
export function placeOf(page: string): string | null {
  const name = page.replace(/^\/+/, "").replace(/^protocol\//, "");
  if (PLACES[name]) return PLACES[name];
  const known = Object.values(PLACES).some((place) => place !== "/" && `/${name}`.startsWith(place));
  return known ? `/${name}` : null;
}
