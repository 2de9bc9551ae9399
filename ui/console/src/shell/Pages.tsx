/** Which page an address means; each is fetched when it is first opened. */
import { Empty } from "@shared/components/states";
import { lazy } from "react";
import { useTranslation } from "react-i18next";
import { Redirect, Route, Switch } from "wouter";
import { useIsAdministrator, useSession } from "./session";

const Overview = lazy(() => import("../pages/overview/OverviewPage"));
const Protocol = lazy(() => import("../pages/protocol/ProtocolPage"));
const Domains = lazy(() => import("../pages/domains/DomainsPage"));
const Domain = lazy(() => import("../pages/domains/DomainPage"));
const Users = lazy(() => import("../pages/users/UsersPage"));
const User = lazy(() => import("../pages/users/UserPage"));
const Import = lazy(() => import("../pages/users/ImportPage"));
const Groups = lazy(() => import("../pages/groups/GroupsPage"));
const Tls = lazy(() => import("../pages/security/TlsPage"));
const Certificates = lazy(() => import("../pages/security/CertificatesPage"));
const Lockouts = lazy(() => import("../pages/security/LockoutsPage"));
const Tokens = lazy(() => import("../pages/security/TokensPage"));
const Queue = lazy(() => import("../pages/queue/QueuePage"));
const Message = lazy(() => import("../pages/queue/MessagePage"));
const Connections = lazy(() => import("../pages/connections/ConnectionsPage"));
const Audit = lazy(() => import("../pages/audit/AuditPage"));
const Backup = lazy(() => import("../pages/backup/BackupPage"));
const Branding = lazy(() => import("../pages/branding/BrandingPage"));
const About = lazy(() => import("../pages/about/AboutPage"));
const Account = lazy(() => import("../pages/account/AccountPage"));

export function Pages() {
  const isAdministrator = useIsAdministrator();
  if (useSession().must_set_second_factor) return <Account />;
  return (
    <Switch>
      <Route path="/account" component={Account} />
      <Route path="/domains" component={Domains} />
      <Route path="/domains/:name">{({ name }) => <Redirect to={`/domains/${name}/members`} replace />}</Route>
      <Route path="/domains/:name/:tab">
        {({ name, tab }) => <Domain key={name} name={decodeURIComponent(name)} tab={tab} />}
      </Route>
      <Route path="/accounts/users" component={Users} />
      <Route path="/accounts/import" component={Import} />
      <Route path="/accounts/users/:id">{({ id }) => <User key={id} id={id} />}</Route>
      <Route path="/accounts/groups" component={Groups} />
      <Route path="/accounts">
        <Redirect to="/accounts/users" replace />
      </Route>
      {isAdministrator ? <Route path="*" component={WholeServer} /> : <Route path="*" component={OfDomains} />}
    </Switch>
  );
}

function WholeServer() {
  return (
    <Switch>
      <Route path="/" component={Overview} />
      <Route path="/service/protocol">
        <Redirect to="/service/protocol/smtp" replace />
      </Route>
      <Route path="/service/protocol/:page">{({ page }) => <Protocol page={page} />}</Route>
      <Route path="/security">
        <Redirect to="/security/tls" replace />
      </Route>
      <Route path="/security/tls" component={Tls} />
      <Route path="/security/certificates" component={Certificates} />
      <Route path="/security/lockouts" component={Lockouts} />
      <Route path="/security/tokens" component={Tokens} />
      <Route path="/queue" component={Queue} />
      <Route path="/queue/:id">{({ id }) => <Message id={id} />}</Route>
      <Route path="/connections" component={Connections} />
      <Route path="/audit" component={Audit} />
      <Route path="/backup" component={Backup} />
      <Route path="/branding" component={Branding} />
      <Route path="/about" component={About} />
      <Route component={Nowhere} />
    </Switch>
  );
}

function OfDomains() {
  return (
    <Switch>
      <Route path="/">
        <Redirect to="/domains" replace />
      </Route>
      <Route component={Nowhere} />
    </Switch>
  );
}

function Nowhere() {
  const { t } = useTranslation();
  return <Empty title={t("nowhere.title")} text={t("nowhere.text")} />;
}
