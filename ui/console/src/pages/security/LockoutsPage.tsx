export default function LockoutsPage() {
  return null;
}
