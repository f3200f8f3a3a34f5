// How long a message is, as its channel counts.
const GSM = /^[@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&'()*+,\-./0-9:;<=>?¡A-ZÄÖÑÜ§¿a-zäöñüà^{}\\[~\]|€]*$/;
const TWICE = /[\^{}\\[~\]|€]/g;

export function lengthInWords(field) {
  const text = field.value;
  if (!text) return "Plain words, short sentences.";
  if (field.dataset.segments === "yes") return textMessages(text);
  const parts = Math.ceil(text.length / Number(field.dataset.limit));
  return `${text.length} characters.${parts > 1 ? ` It goes as ${parts} messages.` : ""}`;
}

// A text message holds 160 plain characters, or 70 once one is not plain; joined ones hold less.
function textMessages(text) {
  const isPlain = GSM.test(text);
  const length = isPlain ? text.length + (text.match(TWICE) ?? []).length : text.length;
  const [one, many] = isPlain ? [160, 153] : [70, 67];
  const parts = length <= one ? 1 : Math.ceil(length / many);
  const left = (parts === 1 ? one : parts * many) - length;
  const why = isPlain ? "" : " An emoji or a curly quote makes it longer.";
  return `${text.length} characters, ${parts} text message${parts === 1 ? "" : "s"}, ${left} left in it.${why}`;
}
