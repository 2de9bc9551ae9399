/** The places of the console, in the order of the navigation. */
import type { IconName } from "@shared/components/Icon";

export interface Place {
  to: string;
  /** The key of its title. */
  title: string;
  icon: IconName;
  /** For administrators of single domains too. */
  forDomains?: boolean;
  under?: { to: string; title: string }[];
}

export const PLACES: readonly Place[] = [
  { to: "/", title: "nav.overview", icon: "overview" },
  {
    to: "/service/protocol",
    title: "nav.protocol",
    icon: "service",
  },
  { to: "/domains", title: "nav.domains", icon: "domains", forDomains: true },
  {
    to: "/accounts",
    title: "nav.accounts",
    icon: "accounts",
    forDomains: true,
    under: [
      { to: "/accounts/users", title: "nav.users" },
      { to: "/accounts/groups", title: "nav.groups" },
    ],
  },
  {
    to: "/security",
    title: "nav.security",
    icon: "security",
    under: [
      { to: "/security/tls", title: "nav.tls" },
      { to: "/security/certificates", title: "nav.certificates" },
      { to: "/security/lockouts", title: "nav.lockouts" },
      { to: "/security/tokens", title: "nav.tokens" },
    ],
  },
  { to: "/queue", title: "nav.queue", icon: "queue" },
  { to: "/connections", title: "nav.connections", icon: "connections" },
  { to: "/audit", title: "nav.audit", icon: "audit" },
  { to: "/backup", title: "nav.backup", icon: "backup" },
  { to: "/branding", title: "nav.branding", icon: "branding" },
  { to: "/about", title: "nav.about", icon: "about" },
];

export function isWithin(location: string, place: string): boolean {
  return place === "/" ? location === "/" : location === place || location.startsWith(`${place}/`);
}
