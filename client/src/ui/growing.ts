/* A text field as high as its text, up to what its style allows. */

/** Beyond this nobody sees the difference, and measuring would cost time with every key. */
const MEASURED = 5_000;

export function grow(field: HTMLTextAreaElement): void {
  if (field.value.length > MEASURED) {
    field.style.height = "100vh";
    return;
  }
  field.style.height = "auto";
  field.style.height = `${field.scrollHeight}px`;
}
