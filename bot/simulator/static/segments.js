// How many texts a message costs: 3GPP TS 23.038's seven-bit alphabet, else UCS-2.

const BASIC = new Set(
  "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?" +
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà",
);
const EXTENDED = new Set("\f^{}\\[~]|€");

export function segments(text) {
  const sizes = Array.from(text, sizeInBasic);
  const isBasic = sizes.every((size) => size > 0);
  // An emoji is two units of UCS-2, which is what a string's length counts.
  const used = isBasic ? sizes.reduce((sum, size) => sum + size, 0) : text.length;
  const [alone, joined] = isBasic ? [160, 153] : [70, 67];
  const count = used <= alone ? 1 : Math.ceil(used / joined);
  return { isBasic, used, count, room: count === 1 ? alone : count * joined };
}

function sizeInBasic(character) {
  if (BASIC.has(character)) return 1;
  return EXTENDED.has(character) ? 2 : 0;
}
