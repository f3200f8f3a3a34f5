// Pieces sent live are the same for everybody, so their forms get this session's token here.
export function token() {
  return document.querySelector('meta[name="csrf-token"]')?.content ?? "";
}

export function fillTokens(root) {
  for (const field of root.querySelectorAll("input[data-csrf]")) field.value = token();
}
