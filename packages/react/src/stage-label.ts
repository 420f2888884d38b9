/** What stages are called on the page: `{ EXTRACTING_TEXT: 'Reading the text' }`. */
export type StageLabels = Readonly<Record<string, string>>;

/**
 * The name of a stage for people: its label, else its own name made readable.
 *
 * @example
 * stageLabel('EXTRACTING_TEXT'); // 'Extracting text'
 * stageLabel('SAVING', { SAVING: 'Speichern' }); // 'Speichern'
 */
export function stageLabel(stage: string, labels?: StageLabels): string {
  if (labels && Object.hasOwn(labels, stage)) return labels[stage]!;
  const words = stage.replace(/[_\s-]+/g, ' ').trim().toLowerCase();
  return words.charAt(0).toUpperCase() + words.slice(1);
}
