export default function DomainPage(_: { name: string }) {
  return null;
}
