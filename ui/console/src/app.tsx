/** The whole program: what all pages need around them, and which page the address means. */
import { Problem } from "@shared/api/problem";
import { Conversation } from "@shared/components/ask";
import { useGuardedLocation } from "@shared/components/guard";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { useMemo } from "react";
import { I18nProvider } from "react-aria-components/I18nProvider";
import { I18nextProvider, useTranslation } from "react-i18next";
import { Route, Router, Switch } from "wouter";
import { languages } from "./languages";
import { SetupPage } from "./pages/setup/SetupPage";
import { Faults } from "./shell/Faults";
import { Frame } from "./shell/Frame";
import { SessionGate } from "./shell/SessionGate";

const TRIES = 2;

function newQueries(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 5000,
        retry: (tried, error) => tried < TRIES && error instanceof Problem && (error.isOffline || error.status >= 502),
      },
    },
  });
}

export function App() {
  return (
    <I18nextProvider i18n={languages.i18n}>
      <Program />
    </I18nextProvider>
  );
}

function Program() {
  const { i18n } = useTranslation();
  const queries = useMemo(newQueries, []);
  return (
    <I18nProvider locale={i18n.resolvedLanguage ?? "en"}>
      <Faults>
        <QueryClientProvider client={queries}>
          <Router base="/console" hook={useGuardedLocation}>
            <Conversation>
              <Switch>
                <Route path="/setup/:token">{({ token }) => <SetupPage token={token} />}</Route>
                <Route>
                  <SessionGate>
                    <Frame />
                  </SessionGate>
                </Route>
              </Switch>
            </Conversation>
          </Router>
        </QueryClientProvider>
      </Faults>
    </I18nProvider>
  );
}
