export function SetupPage({ token }: { token: string }) {
  return <p>{token}</p>;
}
