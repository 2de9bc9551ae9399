export default function BrandingPage() {
  return null;
}
