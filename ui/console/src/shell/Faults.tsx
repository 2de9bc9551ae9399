/** A fault of these pages: said, with a way on, instead of an empty window. */
import { Empty } from "@shared/components/states";
import { Component, type ReactNode } from "react";
import { Translation } from "react-i18next";

export class Faults extends Component<{ children: ReactNode }, { fault: Error | null }> {
  override state: { fault: Error | null } = { fault: null };

  static getDerivedStateFromError(fault: Error) {
    return { fault };
  }

  override render() {
    const { fault } = this.state;
    if (!fault) return this.props.children;
    return (
      <Translation>
        {(t) => (
          <main>
            <Empty title={t("fault.title")} text={fault.message}>
              <a href={location.href}>{t("fault.reload")}</a>
            </Empty>
          </main>
        )}
      </Translation>
    );
  }
}
