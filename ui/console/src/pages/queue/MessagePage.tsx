export default function MessagePage(_: { id: string }) {
  return null;
}
