export default function TlsPage() {
  return null;
}
