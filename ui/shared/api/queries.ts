/** Reading and changing by react-query: one key for each address, and changes that refresh what they touch. */
import { keepPreviousData, type UseQueryResult, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useMemo } from "react";
import { useSearchParams } from "wouter";
import { api, type Params } from "./client";
import type { Problem } from "./problem";

export interface List<T> {
  items: T[];
  total: number;
}

export interface ReadOptions {
  params?: Params;
  /** Ask again after so many milliseconds. */
  every?: number;
  enabled?: boolean;
}

/** What is at this address of the API; kept while a new page of a list is fetched. */
export function useRead<T>(path: string, { params, every, enabled }: ReadOptions = {}): UseQueryResult<T, Problem> {
  return useQuery<T, Problem>({
    queryKey: [path, params ?? {}],
    queryFn: ({ signal }) => api.get<T>(path, params, signal),
    placeholderData: keepPreviousData,
    refetchInterval: every ?? false,
    enabled: enabled ?? true,
  });
}

/** A change; afterwards whatever begins with one of `refresh` is read again. */
export function useChange<A, R = void>(run: (argument: A) => Promise<R>, refresh: readonly string[] = []) {
  const queries = useQueryClient();
  return useMutation<R, Problem, A>({
    mutationFn: run,
    onSuccess: () =>
      queries.invalidateQueries({
        predicate: ({ queryKey: [path] }) => refresh.some((start) => String(path).startsWith(start)),
      }),
  });
}

export interface ListState {
  search: string;
  sort: string;
  offset: number;
  limit: number;
  set: (change: Record<string, string | number>) => void;
}

export const PAGE_SIZE = 50;

/** Search, order and page of a list, kept in the address of the page so that it can be sent and gone back to. */
export function useListState(defaultSort = ""): ListState {
  const [found, setFound] = useSearchParams();
  return useMemo(
    () => ({
      search: found.get("search") ?? "",
      sort: found.get("sort") ?? defaultSort,
      offset: Math.max(0, Number(found.get("offset")) || 0),
      limit: PAGE_SIZE,
      set: (change) => {
        setFound(
          (before) => {
            const next = new URLSearchParams(before);
            if (!("offset" in change)) next.delete("offset");
            for (const [name, value] of Object.entries(change)) {
              if (value === "" || value === 0) next.delete(name);
              else next.set(name, String(value));
            }
            return next;
          },
          { replace: true },
        );
      },
    }),
    [found, setFound, defaultSort],
  );
}

/** One page of a list by its state. */
export function useList<T>(path: string, state: ListState, more: Params = {}, every?: number) {
  const { search, sort, offset, limit } = state;
  return useRead<List<T>>(path, { params: { search, sort, offset, limit, ...more }, every });
}
