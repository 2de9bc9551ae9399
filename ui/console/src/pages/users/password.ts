/** A password made by the browser: 20 signs without those that look alike, about 116 bits. */
const SIGNS = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789";
const LENGTH = 20;

export function newPassword(): string {
  const bound = 256 - (256 % SIGNS.length); // beyond it some signs would come up more often
  let made = "";
  while (made.length < LENGTH) {
    const [byte = 255] = crypto.getRandomValues(new Uint8Array(1));
    if (byte < bound) made += SIGNS[byte % SIGNS.length];
  }
  return made.replace(/(.{5})(?=.)/g, "$1-");
}
