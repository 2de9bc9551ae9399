/** The organisation's own logo, or the mark of Postroom where there is none. */
import { api } from "@shared/api/client";
import { useRead } from "@shared/api/queries";
import type { Service } from "@shared/api/types";
import { Mark } from "@shared/components/Icon";

export function Logo({ size }: { size: number }) {
  const { data } = useRead<Service>("/service");
  const logo = data?.logo;
  if (!logo) return <Mark size={size} />;
  const { version, width, height } = logo;
  return (
    <img
      src={api.url("/branding/logo", { version })}
      srcSet={`${api.url("/branding/logo@2x", { version })} 2x`}
      width={width}
      height={height}
      alt=""
    />
  );
}
