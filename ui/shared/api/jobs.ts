/** A long work of the server, followed by its events (SSE) and, where those break, by asking. */
import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { api } from "./client";
import type { Job } from "./types";

const ASK_EVERY = 2000;

export function useJob(id: number | null, ended?: (job: Job) => void): Job | null {
  const [job, setJob] = useState<Job | null>(null);
  const queries = useQueryClient();
  const told = useRef(ended);
  told.current = ended;
  useEffect(() => {
    setJob(null);
    if (!id) return undefined;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let isOver = false;
    const path = `/jobs/${id}`;
    const take = (next: Job) => {
      setJob(next);
      if (next.state === "running" || isOver) return;
      isOver = true;
      source?.close();
      void queries.invalidateQueries();
      told.current?.(next);
    };
    const ask = async () => {
      try {
        take(await api.get<Job>(path));
      } catch {
        // the next question says it
      }
      if (!isOver) timer = setTimeout(ask, ASK_EVERY);
    };
    const source = typeof EventSource === "undefined" ? null : new EventSource(api.url(`${path}/events`));
    source?.addEventListener("progress", (event: MessageEvent<string>) => take(JSON.parse(event.data) as Job));
    source?.addEventListener("end", (event: MessageEvent<string>) => take(JSON.parse(event.data) as Job));
    source?.addEventListener("error", () => {
      source.close();
      if (!isOver) timer = setTimeout(ask, ASK_EVERY);
    });
    if (!source) void ask();
    return () => {
      isOver = true;
      clearTimeout(timer);
      source?.close();
    };
  }, [id, queries]);
  return job;
}
