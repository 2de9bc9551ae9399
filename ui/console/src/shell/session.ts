/** Who is logged in. */
import { api } from "@shared/api/client";
import { Problem } from "@shared/api/problem";
import type { Session } from "@shared/api/types";
import { type QueryClient, useQuery } from "@tanstack/react-query";
import { createContext, useContext } from "react";

export const SESSION = ["/session"] as const;

/** null: nobody is. */
export function useSessionQuery() {
  return useQuery<Session | null, Problem>({
    queryKey: SESSION,
    queryFn: async ({ signal }) => {
      try {
        const session = await api.get<Session>("/session", {}, signal);
        api.csrf = session.csrf_token;
        return session;
      } catch (error) {
        if (error instanceof Problem && error.status === 401) return null;
        throw error;
      }
    },
    staleTime: 60_000,
  });
}

export function take(queries: QueryClient, session: Session | null): void {
  api.csrf = session?.csrf_token ?? "";
  queries.setQueryData(SESSION, session);
}

export const SessionContext = createContext<Session | null>(null);

export function useSession(): Session {
  const session = useContext(SessionContext);
  if (!session) throw new Error("outside of <SessionGate>");
  return session;
}

/** Administers the whole server, not single domains. */
export function useIsAdministrator(): boolean {
  return useSession().account.role === "administrator";
}
