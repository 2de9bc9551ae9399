/** Leaving with unsaved changes asks first: by a link, by Back, by closing the window. */
import { useCallback, useEffect, useSyncExternalStore } from "react";
import type { BaseLocationHook } from "wouter";
import { navigate as go } from "wouter/use-browser-location";

type Ask = () => Promise<boolean>;

class Guard {
  #unsaved = new Set<symbol>();
  #ask: Ask = async () => true;
  #here = typeof location === "undefined" ? "" : location.pathname;
  #watchers = new Set<() => void>();

  constructor() {
    if (typeof window === "undefined") return;
    window.addEventListener("beforeunload", (event) => {
      if (this.#unsaved.size > 0) event.preventDefault();
    });
    window.addEventListener("popstate", () => void this.#popped());
  }

  get here(): string {
    return this.#here;
  }

  watch(watcher: () => void): () => void {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  }

  hold(key: symbol, isUnsaved: boolean): void {
    if (isUnsaved) this.#unsaved.add(key);
    else this.#unsaved.delete(key);
  }

  set ask(ask: Ask) {
    this.#ask = ask;
  }

  async navigate(to: string, options?: { replace?: boolean; state?: unknown }): Promise<void> {
    const path = new URL(to, location.href).pathname;
    if (path !== location.pathname && !(await this.mayLeave())) return;
    const isOther = path !== this.#here;
    go(to, options);
    this.#arrive();
    if (isOther) window.scrollTo(0, 0);
  }

  async mayLeave(): Promise<boolean> {
    if (this.#unsaved.size === 0) return true;
    if (!(await this.#ask())) return false;
    this.#unsaved.clear();
    return true;
  }

  async #popped(): Promise<void> {
    const to = location.href;
    if (location.pathname === this.#here || this.#unsaved.size === 0) {
      this.#arrive();
      return;
    }
    history.pushState(null, "", this.#here); // where the reader still is, until there is an answer
    if (await this.mayLeave()) {
      go(to);
      this.#arrive();
    }
  }

  #arrive(): void {
    const moved = this.#here !== location.pathname;
    this.#here = location.pathname;
    if (moved) for (const watcher of this.#watchers) watcher();
  }
}

export const guard = new Guard();

/** wouter's location, with the question in front. */
export const useGuardedLocation: BaseLocationHook = () => {
  const here = useSyncExternalStore(
    useCallback((watcher) => guard.watch(watcher), []),
    () => guard.here,
  );
  return [here, (to: string, options?: { replace?: boolean; state?: unknown }) => void guard.navigate(to, options)];
};

/** While true, leaving asks. */
export function useUnsaved(isUnsaved: boolean): void {
  useEffect(() => {
    const key = Symbol("unsaved");
    guard.hold(key, isUnsaved);
    return () => guard.hold(key, false);
  }, [isUnsaved]);
}
