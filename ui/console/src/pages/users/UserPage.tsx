export default function UserPage(_: { id: string }) {
  return null;
}
